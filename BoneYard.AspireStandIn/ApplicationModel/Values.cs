using System.Text;
using System.Runtime.CompilerServices;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Who asks for a value and from which network; an address differs by where it is used.</summary>
public class ValueProviderContext
{
    public DistributedApplicationExecutionContext? ExecutionContext { get; init; }

    public IResource? Caller { get; init; }

    public NetworkIdentifier? Network { get; init; }

    internal NetworkIdentifier EffectiveNetwork =>
        Network ?? (Caller?.IsContainer() is true ? KnownNetworkIdentifiers.DefaultAspireContainerNetwork : KnownNetworkIdentifiers.LocalhostNetwork);
}

public record NetworkIdentifier(string Value);

public static class KnownNetworkIdentifiers
{
    public static readonly NetworkIdentifier LocalhostNetwork = new("localhost");
    public static readonly NetworkIdentifier DefaultAspireContainerNetwork = new("aspire-container-network");
}

public interface IValueProvider
{
    ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default);

    ValueTask<string?> GetValueAsync(ValueProviderContext context, CancellationToken cancellationToken = default) => GetValueAsync(cancellationToken);
}

public interface IManifestExpressionProvider
{
    string ValueExpression { get; }
}

public interface IValueWithReferences
{
    IEnumerable<object> References { get; }
}

public interface IExpressionValue : IValueProvider, IManifestExpressionProvider;

/// <summary>Text with holes that other values fill when it is needed, each resolved for the network of the caller.</summary>
public class ReferenceExpression : IExpressionValue, IValueWithReferences
{
    public static readonly ReferenceExpression Empty = new("", [], [], []);

    private ReferenceExpression(string format, IReadOnlyList<IValueProvider> valueProviders, IReadOnlyList<string> manifestExpressions, IReadOnlyList<string?> stringFormats)
    {
        Format = format;
        ValueProviders = valueProviders;
        ManifestExpressions = manifestExpressions;
        StringFormats = stringFormats;
    }

    public string Format { get; }

    public IReadOnlyList<IValueProvider> ValueProviders { get; }

    public IReadOnlyList<string> ManifestExpressions { get; }

    public IReadOnlyList<string?> StringFormats { get; }

    public string ValueExpression => string.Format(System.Globalization.CultureInfo.InvariantCulture, Format, [.. ManifestExpressions]);

    IEnumerable<object> IValueWithReferences.References => ValueProviders;

    public static ReferenceExpression Create(in ExpressionInterpolatedStringHandler handler) => handler.ToExpression();

    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken) => GetValueAsync(new(), cancellationToken);

    public async ValueTask<string?> GetValueAsync(ValueProviderContext context, CancellationToken cancellationToken)
    {
        var values = new object?[ValueProviders.Count];

        for (var i = 0; i < values.Length; i++)
        {
            var value = await ValueProviders[i].GetValueAsync(context, cancellationToken).ConfigureAwait(false);
            values[i] = Encode(value, StringFormats[i]);
        }

        return values.Length == 0 && Format.Length == 0 ? null : string.Format(System.Globalization.CultureInfo.InvariantCulture, Format, values);
    }

    internal static string? Encode(string? value, string? format) => format switch
    {
        null => value,
        "uri" => value is null ? null : Uri.EscapeDataString(value),
        _ => throw new FormatException($"The format '{format}' is unknown; 'uri' is the only one."),
    };

    [InterpolatedStringHandler]
    public ref struct ExpressionInterpolatedStringHandler(int literalLength, int formattedCount)
    {
        private readonly StringBuilder _format = new(literalLength + formattedCount * 3);
        private readonly List<IValueProvider> _providers = new(formattedCount);
        private readonly List<string> _manifest = new(formattedCount);
        private readonly List<string?> _formats = new(formattedCount);

        public readonly void AppendLiteral(string value) => _format.Append(value.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal));

        public readonly void AppendFormatted(string? value) => AppendFormatted(value, null);

        public readonly void AppendFormatted(string? value, string? format = null)
        {
            if (Encode(value, format) is { } encoded)
            {
                AppendLiteral(encoded);
            }
        }

        public void AppendFormatted<T>(T valueProvider) where T : IValueProvider, IManifestExpressionProvider => AppendFormatted(valueProvider, null);

        public void AppendFormatted<T>(T valueProvider, string? format = null) where T : IValueProvider, IManifestExpressionProvider
        {
            _format.Append('{').Append(_providers.Count).Append('}');
            _providers.Add(valueProvider);
            _manifest.Add(valueProvider.ValueExpression);
            _formats.Add(format);
        }

        public void AppendFormatted<T>(IResourceBuilder<T> valueProvider) where T : IResource, IValueProvider, IManifestExpressionProvider =>
            AppendFormatted(valueProvider.Resource, null);

        public void AppendFormatted<T>(IResourceBuilder<T> valueProvider, string? format = null) where T : IResource, IValueProvider, IManifestExpressionProvider =>
            AppendFormatted(valueProvider.Resource, format);

        internal readonly ReferenceExpression ToExpression() => new(_format.ToString(), _providers, _manifest, _formats);
    }
}
