using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting;

public enum OtlpProtocol
{
    Grpc,
    HttpProtobuf,
    HttpJson,
}

public static class OtlpConfigurationExtensions
{
    internal const string GrpcUrlKey = "ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL";
    internal const string HttpUrlKey = "ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL";
    internal const string ApiKeyKey = "AppHost:OtlpApiKey";

    /// <summary>With no protocol asked for, gRPC where its URL is configured, else HTTP with protobuf.</summary>
    public static IResourceBuilder<T> WithOtlpExporter<T>(this IResourceBuilder<T> builder) where T : IResourceWithEnvironment =>
        builder.WithOtlp(protocol: null);

    public static IResourceBuilder<T> WithOtlpExporter<T>(this IResourceBuilder<T> builder, OtlpProtocol protocol) where T : IResourceWithEnvironment =>
        builder.WithOtlp(protocol);

    private static IResourceBuilder<T> WithOtlp<T>(this IResourceBuilder<T> builder, OtlpProtocol? protocol) where T : IResourceWithEnvironment
    {
        var configuration = builder.ApplicationBuilder.Configuration;
        var isDevelopment = builder.ApplicationBuilder.Environment.IsDevelopment();

        return builder
            .WithAnnotation(new OtlpExporterAnnotation { RequiredProtocol = protocol })
            .WithEnvironment(context =>
            {
                var environment = context.EnvironmentVariables;
                var (url, name) = Endpoint(configuration, protocol);

                environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = new HostUrl(url);
                environment["OTEL_EXPORTER_OTLP_PROTOCOL"] = name;
                environment["OTEL_SERVICE_NAME"] = context.Resource.Name;
                environment["OTEL_RESOURCE_ATTRIBUTES"] = $"service.instance.id={Guid.NewGuid().ToString("N")[..8]}";

                if (configuration[ApiKeyKey] is { } key)
                {
                    environment["OTEL_EXPORTER_OTLP_HEADERS"] = $"x-otlp-api-key={key}";
                }

                if (isDevelopment)
                {
                    environment["OTEL_BLRP_SCHEDULE_DELAY"] = "1000";
                    environment["OTEL_BSP_SCHEDULE_DELAY"] = "1000";
                    environment["OTEL_METRIC_EXPORT_INTERVAL"] = "1000";
                    environment["OTEL_TRACES_SAMPLER"] = "always_on";
                    environment["OTEL_METRICS_EXEMPLAR_FILTER"] = "trace_based";
                    environment["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] = "true";
                }
            });
    }

    private static (string Url, string Protocol) Endpoint(IConfiguration configuration, OtlpProtocol? protocol)
    {
        var grpc = configuration[GrpcUrlKey];
        var http = configuration[HttpUrlKey];

        return (protocol, grpc, http) switch
        {
            (OtlpProtocol.HttpProtobuf, _, not null) => (http, "http/protobuf"),
            (OtlpProtocol.HttpJson, _, not null) => (http, "http/json"),
            (_, not null, _) => (grpc, "grpc"),
            (_, _, not null) => (http, "http/protobuf"),
            _ => ("http://localhost:18889", "grpc"),
        };
    }
}
