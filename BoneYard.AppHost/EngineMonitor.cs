using BoneYard.Networking;
using Microsoft.Extensions.Hosting;

namespace BoneYard;

/// <summary>Ends the application when the container engine stops while the site runs.</summary>
/// <param name="interval">The time between two requests, and the timeout of each.</param>
internal sealed class EngineMonitor(IContainerRuntime runtime, IHostApplicationLifetime lifetime, TimeSpan interval) : BackgroundService
{
    // An engine that restarts and keeps its containers ("live-restore") is back by then.
    private const int FailuresAllowed = 2;

    /// <exception cref="DistributedApplicationException">The engine failed to answer three times in a row.</exception>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await lifetime.WaitUntilStartedAsync(stoppingToken);
        using var timer = new PeriodicTimer(interval);

        for (var failures = 0; await timer.WaitForNextTickAsync(stoppingToken);)
        {
            var error = await ErrorAsync(stoppingToken);
            failures = error is null ? 0 : failures + 1;

            if (failures > FailuresAllowed && !lifetime.ApplicationStopping.IsCancellationRequested)
            {
                throw new DistributedApplicationException($"The container engine ({runtime.Name}) stopped: {error} Start it, then start the site again.");
            }
        }
    }

    /// <returns>The output of the engine's command line; null if the engine answers.</returns>
    private async Task<string?> ErrorAsync(CancellationToken stoppingToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        timeout.CancelAfter(interval);

        try
        {
            var version = await runtime.RunAsync(["version", "--format", "{{.Server.Version}}"], timeout.Token);
            return version.Succeeded ? null : version.Error;
        }
        catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
        {
            return $"it did not answer within {interval.TotalSeconds:0} seconds.";
        }
    }
}
