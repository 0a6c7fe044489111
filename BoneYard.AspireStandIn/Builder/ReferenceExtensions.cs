using System.Text.RegularExpressions;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.ApplicationModel
{
    public interface IResourceWithConnectionString : IResource, IExpressionValue, IValueWithReferences
    {
        ReferenceExpression ConnectionStringExpression { get; }

        string? ConnectionStringEnvironmentVariable => null;

        ValueTask<string?> GetConnectionStringAsync(CancellationToken cancellationToken = default) =>
            ConnectionStringExpression.GetValueAsync(cancellationToken);

        IEnumerable<KeyValuePair<string, ReferenceExpression>> GetConnectionProperties() => [];

        string IManifestExpressionProvider.ValueExpression => $"{{{Name}.connectionString}}";

        ValueTask<string?> IValueProvider.GetValueAsync(CancellationToken cancellationToken) =>
            ConnectionStringExpression.GetValueAsync(cancellationToken);

        ValueTask<string?> IValueProvider.GetValueAsync(ValueProviderContext context, CancellationToken cancellationToken) =>
            ConnectionStringExpression.GetValueAsync(context, cancellationToken);

        IEnumerable<object> IValueWithReferences.References => [ConnectionStringExpression];
    }
}

namespace Aspire.Hosting
{
    public static partial class ResourceBuilderExtensions
    {
        /// <summary>
        /// Passes a connection as <c>ConnectionStrings__NAME</c> and, part by part, as <c>NAME_HOST</c>, <c>NAME_PORT</c> and so on.
        /// </summary>
        public static IResourceBuilder<TDestination> WithReference<TDestination>(
            this IResourceBuilder<TDestination> builder, IResourceBuilder<IResourceWithConnectionString> source, string? connectionName = null, bool optional = false)
            where TDestination : IResourceWithEnvironment
        {
            var resource = source.Resource;
            var name = connectionName ?? resource.Name;

            return builder.WithReferenceRelationship(resource).WithEnvironment(context =>
            {
                context.EnvironmentVariables[resource.ConnectionStringEnvironmentVariable ?? $"ConnectionStrings__{name}"] = resource;

                foreach (var (property, value) in resource.GetConnectionProperties())
                {
                    context.EnvironmentVariables[$"{Encode(name)}_{property}".ToUpperInvariant()] = value;
                }
            });
        }

        /// <summary>
        /// Passes an address as <c>services__NAME__SCHEME__0</c> and as <c>NAME_ENDPOINT</c>, as seen from the destination's network.
        /// </summary>
        public static IResourceBuilder<TDestination> WithReference<TDestination>(this IResourceBuilder<TDestination> builder, EndpointReference endpointReference)
            where TDestination : IResourceWithEnvironment
        {
            var name = endpointReference.Resource.Name;

            return builder.WithReferenceRelationship(endpointReference.Resource).WithEnvironment(context =>
            {
                context.EnvironmentVariables[$"services__{name}__{endpointReference.EndpointName}__0"] = endpointReference;
                context.EnvironmentVariables[$"{Encode(name)}_{Encode(endpointReference.EndpointName)}".ToUpperInvariant()] = endpointReference;
            });
        }

        private static string Encode(string name) => NotInAVariableName().Replace(name, "_");

        [GeneratedRegex("[^A-Za-z0-9_]")]
        private static partial Regex NotInAVariableName();
    }
}
