using BoneYard.Networking;
using Microsoft.Extensions.Hosting;

namespace BoneYard;

/// <summary>Ends the application with exit code 1 when the container engine stops while the site runs.</summary>
internal sealed class EngineMonitor(IContainerRuntime runtime, IHostApplicationLifetime lifetime, TimeProvider time) : BackgroundService
{
    /// <summary>The engine is asked this often, and this long it has for an answer.</summary>
    internal static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    // An engine that restarts with its containers kept alive ("live-restore") is back by then.
    private const int FailuresAllowed = 2;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await lifetime.WaitUntilStartedAsync(stoppingToken);
        using var timer = new PeriodicTimer(Interval, time);

        for (var failures = 0; await timer.WaitForNextTickAsync(stoppingToken);)
        {
            var error = await ErrorAsync(stoppingToken);
            failures = error is null ? 0 : failures + 1;

            if (failures > FailuresAllowed)
            {
                await Console.Error.WriteLineAsync($"error: The container engine ({runtime.Name}) stopped: {error} Start it, then start the site again.");
                Environment.ExitCode = FatalErrors.Failure;
                lifetime.StopApplication();
                return;
            }
        }
    }

    /// <returns>The words of the engine's command line; null if the engine answers.</returns>
    private async Task<string?> ErrorAsync(CancellationToken stoppingToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        timeout.CancelAfter(Interval);

        try
        {
            var version = await runtime.RunAsync(["version", "--format", "{{.Server.Version}}"], timeout.Token);
            return version.Succeeded ? null : version.Error;
        }
        catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
        {
            return $"it does not answer within {Interval.TotalSeconds:0} seconds.";
        }
    }
}
