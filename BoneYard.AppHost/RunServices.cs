using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace BoneYard;

/// <summary>Adds what accompanies a run of the site on the terminal.</summary>
internal static class HostLifetime
{
    private static readonly TimeSpan s_engineInterval = TimeSpan.FromSeconds(10);

    /// <summary>Reports on the terminal and watches the container engine; not in publish mode.</summary>
    /// <param name="front">The resource that visitors reach.</param>
    /// <param name="hostName">The host name in the URL of the site.</param>
    public static void ReportTo(this IDistributedApplicationBuilder builder, TextWriter output, string front, string hostName)
    {
        if (!builder.ExecutionContext.IsRunMode)
        {
            return;
        }

        builder.Services.AddSingleton<ContainerLogs>();
        builder.Services.AddSingleton<IHostedService>(services => ActivatorUtilities.CreateInstance<SiteReport>(services, output, front, hostName));
        builder.Services.AddSingleton<IHostedService>(services => ActivatorUtilities.CreateInstance<EngineMonitor>(services, s_engineInterval));
    }

    /// <summary>Completes when the application has started.</summary>
    public static async Task WaitUntilStartedAsync(this IHostApplicationLifetime lifetime, CancellationToken cancellationToken)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(cancellationToken);
    }
}
