using System.Diagnostics;
using BoneYard.Networking;
using BoneYard.ServiceDefaults;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace BoneYard.Telemetry;

/// <summary>Sends the start itself to the dashboard as a trace: what each resource did until it was ready, and for how long.</summary>
internal sealed class StartTrace(ResourceNotificationService notifications, DistributedApplicationModel model, IConfiguration configuration) : BackgroundService
{
    public const string ServiceName = "boneyard-apphost";

    /// <summary>Sends the trace when all containers and networks are ready. Without a dashboard nothing is sent.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var timeline = new StartTimeline(model.Resources.Where(resource => resource is ContainerResource or ContainerNetworkResource).Select(resource => resource.Name));

        await foreach (var update in notifications.WatchAsync(stoppingToken))
        {
            var (state, health) = (update.Snapshot.State?.Text, update.Snapshot.HealthStatus);
            timeline.Observe(update.Resource.Name, state, state == KnownResourceStates.Running && health is HealthStatus.Healthy, DateTimeOffset.UtcNow);

            if (timeline.IsComplete)
            {
                break;
            }
        }

        if (timeline.IsComplete && OtlpSettings(configuration) is { } otlp)
        {
            using var process = Process.GetCurrentProcess();
            await SendAsync(otlp, process.StartTime, timeline.Phases, stoppingToken);
        }
    }

    /// <summary>Sends by a host of its own: the telemetry of the AppHost's libraries is not part of the site.</summary>
    internal static async Task SendAsync(IEnumerable<KeyValuePair<string, string?>> otlp, DateTimeOffset from, IReadOnlyList<StartPhase> phases, CancellationToken cancellationToken)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new() { ApplicationName = ServiceName });
        builder.Configuration.AddInMemoryCollection(otlp).AddInMemoryCollection([new("OTEL_SERVICE_NAME", ServiceName)]);
        builder.AddTelemetry();
        // "Application started" would confuse: the site already reports its start.
        builder.Services.Configure<ConsoleLifetimeOptions>(lifetime => lifetime.SuppressStatusMessages = true);

        // Disposing the host flushes the exporter.
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

    /// <summary>The settings of an OTLP exporter, by OpenTelemetry's names; null if there is no dashboard.</summary>
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
}
