using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting;

public static partial class ResourceBuilderExtensions
{
    /// <param name="path">Asked with GET; null means <c>/</c>.</param>
    /// <param name="statusCode">The status that means healthy; null means 200.</param>
    /// <param name="endpointName">null takes the endpoint <c>http</c>, or the first one with a scheme of http or https.</param>
    public static IResourceBuilder<T> WithHttpHealthCheck<T>(this IResourceBuilder<T> builder, string? path = null, int? statusCode = null, string? endpointName = null)
        where T : IResourceWithEndpoints
    {
        var expected = statusCode ?? 200;
        var resource = builder.Resource;
        var key = string.Create(CultureInfo.InvariantCulture, $"{resource.Name}_{endpointName ?? "http"}_{path ?? "/"}_{expected}_check");

        builder.ApplicationBuilder.Services.AddHttpClient();
        builder.ApplicationBuilder.Services.AddHealthChecks().Add(new(
            key,
            services => new HttpHealthCheck(services.GetRequiredService<IHttpClientFactory>(), Endpoint, path ?? "/", expected),
            failureStatus: null,
            tags: null));

        return builder.WithHealthCheck(key);

        EndpointReference Endpoint() => endpointName is not null
            ? resource.GetEndpoint(endpointName)
            : resource.GetEndpoints().OrderBy(e => e.EndpointName != "http").FirstOrDefault(e => e.Scheme is "http" or "https")
                ?? throw new DistributedApplicationException($"Resource '{resource.Name}' has a check over HTTP but no endpoint with that scheme. Add one with WithHttpEndpoint.");
    }

    private sealed class HttpHealthCheck(IHttpClientFactory clients, Func<EndpointReference> endpoint, string path, int expected) : IHealthCheck
    {
        // A resource that hangs is not healthy either.
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            var reference = endpoint();

            if (!reference.IsAllocated)
            {
                return HealthCheckResult.Unhealthy("The endpoint has no address yet.");
            }

            var url = new Uri(new Uri(reference.Url), path);

            try
            {
                using var client = clients.CreateClient(nameof(HttpHealthCheck));
                client.Timeout = Patience;
                using var response = await client.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);

                return (int)response.StatusCode == expected
                    ? HealthCheckResult.Healthy()
                    : HealthCheckResult.Unhealthy($"GET {url} answered {(int)response.StatusCode}, not {expected}.");
            }
            catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                return HealthCheckResult.Unhealthy($"GET {url} failed: {exception.Message}", exception);
            }
        }
    }
}
