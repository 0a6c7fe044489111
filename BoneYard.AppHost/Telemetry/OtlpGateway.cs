using BoneYard.Networking;
using Microsoft.Extensions.Configuration;

namespace BoneYard.Telemetry;

/// <summary>Sends the telemetry of containers to the dashboard through the gateway of a custom network.</summary>
internal static class OtlpGateway
{
    private const string DashboardUrl = "ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL";
    private const string DashboardName = "aspire-dashboard";
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>
    /// Exports the telemetry of a container over OTLP/HTTP. If the container engine runs on this host, the dashboard listens on the
    /// gateway of <paramref name="network"/>, which this host and the network's containers alone reach. Otherwise (Docker Desktop, a
    /// rootless or remote engine, Podman) Aspire's tunnel carries it; a container that uses the tunnel starts about 10 s later.
    /// </summary>
    public static IResourceBuilder<T> WithOtlpExporter<T>(this IResourceBuilder<T> builder, IResourceBuilder<ContainerNetworkResource> network)
        where T : ContainerResource
    {
        builder.WithOtlpExporter(OtlpProtocol.HttpProtobuf);
        var application = builder.ApplicationBuilder;

        // Over HTTPS a container would have to trust the certificate of the dashboard.
        if (application.ExecutionContext.IsRunMode && Uri.TryCreate(application.Configuration[DashboardUrl], UriKind.Absolute, out var dashboard) && dashboard.Scheme == Uri.UriSchemeHttp)
        {
            var isOnThisHost = EngineIsOnThisHostAsync(ContainerRuntime.NameIn(application.Configuration));

            application.OnBeforeStart(async (_, _) =>
            {
                if (await isOnThisHost)
                {
                    builder.UseGateway(network.Resource, new UriBuilder(dashboard) { Host = network.Resource.Gateway.ToString() }.Uri);
                }
            });
        }

        return builder;
    }

    private static void UseGateway<T>(this IResourceBuilder<T> builder, ContainerNetworkResource network, Uri gateway) where T : ContainerResource
    {
        var application = builder.ApplicationBuilder;
        application.Configuration[DashboardUrl] = gateway.AbsoluteUri;
        application.Eventing.Subscribe<BeforeResourceStartedEvent>((@event, cancellationToken) =>
            // It cannot listen on the gateway before there is one.
            @event.Resource.Name == DashboardName ? network.EnsureUpAsync(@event.Services, cancellationToken) : Task.CompletedTask);

        // The annotation is what makes a container wait for the tunnel. Aspire's other settings come from a resource that never starts.
        foreach (var annotation in builder.Resource.Annotations.OfType<OtlpExporterAnnotation>().ToArray())
        {
            builder.Resource.Annotations.Remove(annotation);
        }

        var settings = new ContainerResource(builder.Resource.Name);
        OtlpConfigurationExtensions.AddOtlpEnvironment(settings, application.Configuration, application.Environment, OtlpProtocol.HttpProtobuf);

        builder.WithEnvironment(async context =>
        {
            foreach (var annotation in settings.Annotations.OfType<EnvironmentCallbackAnnotation>())
            {
                await annotation.Callback(context);
            }

            context.EnvironmentVariables[Endpoint] = gateway.GetLeftPart(UriPartial.Authority);
        });
    }

    private static async Task<bool> EngineIsOnThisHostAsync(string runtime)
    {
        // Podman makes the gateway only when the first container starts.
        if (!OperatingSystem.IsLinux() || runtime != "docker")
        {
            return false;
        }

        var info = await new ContainerRuntime(runtime).RunAsync(["info", "--format", "{{.Name}} {{.SecurityOptions}}"], CancellationToken.None);
        return info.Succeeded && info.Output.Split(' ')[0] == Environment.MachineName && !info.Output.Contains("name=rootless", StringComparison.Ordinal);
    }
}
