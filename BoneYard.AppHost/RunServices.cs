using BoneYard.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace BoneYard;

/// <summary>Hosted services that accompany a run of the site; publish mode has none of them.</summary>
internal static class RunServices
{
    private static readonly TimeSpan s_engineInterval = TimeSpan.FromSeconds(10);

    /// <summary>Sends the start itself to the dashboard as a trace.</summary>
    public static void TraceStart(this IDistributedApplicationBuilder builder) =>
        // The first states that the orchestrator reports are part of the trace.
        builder.AddRunService(services => ActivatorUtilities.CreateInstance<StartTrace>(services), isFirst: true);

    /// <summary>Reports the site's URL, and what a start waits for, on the terminal.</summary>
    /// <param name="front">The resource that visitors reach.</param>
    /// <param name="hostName">The host name in the URL of the site.</param>
    public static void ReportTo(this IDistributedApplicationBuilder builder, TextWriter output, string front, string hostName) => builder.AddRunService(services =>
        ActivatorUtilities.CreateInstance<SiteReport>(services, ActivatorUtilities.CreateInstance<ContainerLogs>(services), output, front, hostName));

    /// <summary>Asks the container engine every 10 seconds, and ends the run when it has stopped.</summary>
    public static void MonitorEngine(this IDistributedApplicationBuilder builder) => builder.AddRunService(services =>
        ActivatorUtilities.CreateInstance<EngineMonitor>(services, s_engineInterval));

    /// <summary>Completes when the application has started.</summary>
    public static async Task WaitUntilStartedAsync(this IHostApplicationLifetime lifetime, CancellationToken cancellationToken)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(cancellationToken);
    }

    /// <param name="isFirst">Whether the service starts before all others.</param>
    private static void AddRunService(this IDistributedApplicationBuilder builder, Func<IServiceProvider, IHostedService> create, bool isFirst = false)
    {
        if (builder.ExecutionContext.IsRunMode)
        {
            builder.Services.Insert(isFirst ? 0 : builder.Services.Count, ServiceDescriptor.Singleton(create));
        }
    }
}
