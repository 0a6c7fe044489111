using System.Diagnostics;
using BoneYard.Networking;
using BoneYard.ServiceDefaults;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace BoneYard.Telemetry;

/// <summary>Shows the start itself in the dashboard: one trace, in which one sees who built, started and waited for how long.</summary>
internal static class StartTrace
{
    public const string ServiceName = "boneyard-apphost";

    /// <summary>Sends the trace once all containers and networks are ready; nothing is sent when there is no dashboard.</summary>
    public static void TraceStart(this IDistributedApplicationBuilder builder)
    {
        // Before the orchestrator, which is a hosted service too: its first states are part of the trace.
        builder.Services.Insert(0, ServiceDescriptor.Singleton<IHostedService>(services => new Watcher(
            services.GetRequiredService<ResourceNotificationService>(),
            builder.Configuration,
            [.. builder.Resources.Where(resource => resource is ContainerResource or ContainerNetworkResource).Select(resource => resource.Name)])));
    }

    /// <summary>By a host that lives only for it: the telemetry of the AppHost's own libraries is none of the site's.</summary>
    internal static async Task SendAsync(IEnumerable<KeyValuePair<string, string?>> otlp, DateTimeOffset from, IReadOnlyList<StartPhase> phases, CancellationToken cancellationToken)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new() { ApplicationName = ServiceName });
        builder.Configuration.AddInMemoryCollection(otlp).AddInMemoryCollection([new("OTEL_SERVICE_NAME", ServiceName)]);
        builder.AddTelemetry();
        // It is no application of its own: what it would say of its start is no news.
        builder.Services.Configure<ConsoleLifetimeOptions>(lifetime => lifetime.SuppressStatusMessages = true);

        // Its disposal sends what is left to send.
        using var host = builder.Build();
        await host.StartAsync(cancellationToken);
        using var source = new ActivitySource(ServiceName);

        using var start = Span("start", parent: default, from, phases.Max(phase => phase.Until));
        using (Span("AppHost", start, from, phases[0].From)) { }

        foreach (var resource in phases.GroupBy(phase => phase.Resource))
        {
            using var whole = Span(resource.Key, start, resource.First().From, resource.Last().Until);

            foreach (var phase in resource)
            {
                using (Span(phase.State, whole, phase.From, phase.Until)) { }
            }
        }

        Activity? Span(string name, Activity? parent, DateTimeOffset from, DateTimeOffset until) =>
            source.StartActivity(name, ActivityKind.Internal, parent?.Context ?? default, startTime: from)?.SetEndTime(until.UtcDateTime);
    }

    /// <summary>What an exporter has to know, in OpenTelemetry's own names; null when there is no dashboard.</summary>
    internal static IReadOnlyDictionary<string, string?>? OtlpSettings(IConfiguration configuration)
    {
        var (url, protocol) = (configuration["ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL"], configuration["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"]) switch
        {
            ({ Length: > 0 } http, _) => (http, "http/protobuf"),
            (_, { Length: > 0 } grpc) => (grpc, "grpc"),
            _ => (null, null),
        };

        return url is null ? null : new Dictionary<string, string?>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = url,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = protocol,
            ["OTEL_EXPORTER_OTLP_TIMEOUT"] = "2000", // milliseconds
            ["OTEL_EXPORTER_OTLP_HEADERS"] = configuration["AppHost:OtlpApiKey"] is { } key ? $"x-otlp-api-key={key}" : null,
        };
    }

    private sealed class Watcher(ResourceNotificationService notifications, IConfiguration configuration, IReadOnlyList<string> resources) : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            var timeline = new StartTimeline(resources);

            try
            {
                await ObserveAsync(timeline, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                // Also when a start that failed is taken apart, of which nobody tells this service.
            }

            if (timeline.IsComplete && OtlpSettings(configuration) is { } otlp)
            {
                using var process = Process.GetCurrentProcess();
                await SendAsync(otlp, process.StartTime, timeline.Phases, stoppingToken);
            }
        }

        private async Task ObserveAsync(StartTimeline timeline, CancellationToken stoppingToken)
        {
            await foreach (var update in notifications.WatchAsync(stoppingToken))
            {
                timeline.Observe(update.Resource.Name, update.Snapshot.State?.Text, IsReady(update.Snapshot), DateTimeOffset.UtcNow);

                if (timeline.IsComplete)
                {
                    return;
                }
            }
        }

        private static bool IsReady(CustomResourceSnapshot snapshot) =>
            snapshot.State?.Text == KnownResourceStates.Running && snapshot.HealthStatus is HealthStatus.Healthy;
    }
}
