using System.Security.Cryptography;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting.ApplicationModel
{
    public abstract class ParameterDefault
    {
        public abstract string GetDefaultValue();
    }

    /// <summary>Generates a random text of a given length out of the allowed kinds of characters.</summary>
    public sealed class GenerateParameterDefault : ParameterDefault
    {
        private const string LowerCase = "abcdefghjkmnpqrstuvwxyz";
        private const string UpperCase = "ABCDEFGHJKMNPQRSTUVWXYZ";
        private const string Digits = "0123456789";
        private const string Specials = "-_.{}~()*+!";

        public int MinLength { get; set; }

        public bool Lower { get; set; } = true;

        public bool Upper { get; set; } = true;

        public bool Numeric { get; set; } = true;

        public bool Special { get; set; } = true;

        public int MinLower { get; set; }

        public int MinUpper { get; set; }

        public int MinNumeric { get; set; }

        public int MinSpecial { get; set; }

        public override string GetDefaultValue()
        {
            (bool Allowed, string Characters, int Minimum)[] kinds =
                [(Lower, LowerCase, MinLower), (Upper, UpperCase, MinUpper), (Numeric, Digits, MinNumeric), (Special, Specials, MinSpecial)];

            var allowed = string.Concat(kinds.Where(kind => kind.Allowed).Select(kind => kind.Characters));
            var required = kinds.Where(kind => kind.Allowed).SelectMany(kind => RandomNumberGenerator.GetItems<char>(kind.Characters, kind.Minimum)).ToArray();
            char[] value = [.. required, .. RandomNumberGenerator.GetItems<char>(allowed, Math.Max(0, MinLength - required.Length))];

            RandomNumberGenerator.Shuffle<char>(value);
            return new string(value);
        }
    }

    /// <summary>A value from outside: from configuration (<c>Parameters:NAME</c>), or its default.</summary>
    public class ParameterResource(string name, Func<ParameterDefault?, string> callback, bool secret = false)
        : Resource(name), IExpressionValue
    {
        private string? _value;

        public bool Secret { get; } = secret;

        public ParameterDefault? Default { get; set; }

        public string? Description { get; set; }

        public bool EnableDescriptionMarkdown { get; set; }

        public string ValueExpression => $"{{{Name}.value}}";

        public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken) => new(_value ??= callback(Default));

        public ValueTask<string?> GetValueAsync(ValueProviderContext _, CancellationToken cancellationToken) => GetValueAsync(cancellationToken);
    }
}

namespace Aspire.Hosting
{
    using ApplicationModel;

    public class MissingParameterValueException(string message) : DistributedApplicationException(message);

    public static class ParameterResourceBuilderExtensions
    {
        public static IResourceBuilder<ParameterResource> AddParameter(this IDistributedApplicationBuilder builder, string name, bool secret = false) =>
            builder.AddParameterResource(name, secret, parameterDefault: null, persist: false);

        public static IResourceBuilder<ParameterResource> AddParameter(this IDistributedApplicationBuilder builder, string name, string value, bool publishValueAsDefault = false, bool secret = false) =>
            builder.AddResource(new ParameterResource(name, _ => builder.Configuration[ConfigurationKey(name)] ?? value, secret));

        public static IResourceBuilder<ParameterResource> AddParameter(this IDistributedApplicationBuilder builder, string name, Func<string> valueGetter, bool publishValueAsDefault = false, bool secret = false) =>
            builder.AddResource(new ParameterResource(name, _ => builder.Configuration[ConfigurationKey(name)] ?? valueGetter(), secret));

        /// <param name="persist">true keeps a generated value in the user secrets, so that the next run finds it again.</param>
        public static IResourceBuilder<ParameterResource> AddParameter(this IDistributedApplicationBuilder builder, string name, ParameterDefault value, bool secret = false, bool persist = false) =>
            builder.AddParameterResource(name, secret, value, persist);

        public static IResourceBuilder<ParameterResource> WithDescription(this IResourceBuilder<ParameterResource> builder, string description, bool enableMarkdown = false)
        {
            builder.Resource.Description = description;
            builder.Resource.EnableDescriptionMarkdown = enableMarkdown;
            return builder;
        }

        /// <summary>A secret of 22 random characters, kept in the user secrets of the AppHost.</summary>
        public static ParameterResource CreateDefaultPasswordParameter(
            IDistributedApplicationBuilder builder, string name,
            bool lower = true, bool upper = true, bool numeric = true, bool special = true,
            int minLower = 0, int minUpper = 0, int minNumeric = 0, int minSpecial = 0) =>
            new(name, ValueOf(builder, name, persist: true), secret: true)
            {
                Default = new GenerateParameterDefault
                {
                    MinLength = 22,
                    Lower = lower,
                    Upper = upper,
                    Numeric = numeric,
                    Special = special,
                    MinLower = minLower,
                    MinUpper = minUpper,
                    MinNumeric = minNumeric,
                    MinSpecial = minSpecial,
                },
            };

        private static IResourceBuilder<ParameterResource> AddParameterResource(this IDistributedApplicationBuilder builder, string name, bool secret, ParameterDefault? parameterDefault, bool persist) =>
            builder.AddResource(new ParameterResource(name, ValueOf(builder, name, persist), secret) { Default = parameterDefault });

        private static Func<ParameterDefault?, string> ValueOf(IDistributedApplicationBuilder builder, string name, bool persist) => parameterDefault =>
        {
            if (builder.Configuration[ConfigurationKey(name)] is { Length: > 0 } configured)
            {
                return configured;
            }

            if (parameterDefault is null)
            {
                throw new MissingParameterValueException(
                    $"Parameter '{name}' has no value. Set it as {ConfigurationKey(name)} in the configuration, for example with the environment variable {ConfigurationKey(name).Replace(":", "__", StringComparison.Ordinal)}.");
            }

            var generated = parameterDefault.GetDefaultValue();

            if (persist && builder is DistributedApplicationBuilder { UserSecrets: { } userSecrets })
            {
                generated = userSecrets.GetOrAdd(ConfigurationKey(name), generated);
            }

            builder.Configuration[ConfigurationKey(name)] = generated;
            return generated;
        };

        private static string ConfigurationKey(string name) => $"Parameters:{name}";
    }
}
