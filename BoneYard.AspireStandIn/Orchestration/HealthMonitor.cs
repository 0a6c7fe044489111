using System.Collections.Immutable;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Orchestration;

/// <summary>
/// Runs the health checks of every running resource, often while it is not healthy and rarely once it is, and publishes
/// <see cref="ResourceReadyEvent"/> the first time that it is healthy.
/// </summary>
internal sealed class HealthMonitor(
    DistributedApplicationModel model,
    ResourceNotificationService notifications,
    IDistributedApplicationEventing eventing,
    HealthCheckService checks,
    IServiceProvider services,
    ILogger<HealthMonitor> logger)
{
    private static readonly TimeSpan FirstStep = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestStep = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan WhenHealthy = TimeSpan.FromSeconds(10);

    public Task RunAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(model.Resources.Where(r => r is not ParameterResource).Select(resource => FollowAsync(resource, cancellationToken)));

    /// <summary>From each start of a resource to its end.</summary>
    private async Task FollowAsync(IResource resource, CancellationToken cancellationToken)
    {
        while (true)
        {
            await notifications.WaitForResourceAsync(resource.Name, KnownResourceStates.Running, cancellationToken).ConfigureAwait(false);

            using var running = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var monitor = MonitorAsync(resource, running.Token);
            await notifications.WaitForResourceAsync(resource.Name, update => update.Snapshot.State?.Text != KnownResourceStates.Running, cancellationToken).ConfigureAwait(false);
            await running.CancelAsync().ConfigureAwait(false);
            await monitor.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

            await notifications.PublishUpdateAsync(resource, s => s with
            {
                ReadyHandlers = null,
                HealthReports = [.. s.HealthReports.Select(report => report with { Status = null, Description = null, ExceptionText = null })],
            }).ConfigureAwait(false);
        }
    }

    private async Task MonitorAsync(IResource resource, CancellationToken cancellationToken)
    {
        try
        {
            await MonitorChecksAsync(resource, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            logger.LogError(exception, "The health of resource '{Resource}' is not looked at any more.", resource.Name);
        }
    }

    private async Task MonitorChecksAsync(IResource resource, CancellationToken cancellationToken)
    {
        var keys = resource.HealthChecks().ToHashSet();
        var step = FirstStep;
        var ready = false;

        while (true)
        {
            var healthy = await CheckAsync(resource, keys, cancellationToken).ConfigureAwait(false);

            if (healthy && !ready)
            {
                ready = true;
                var handlers = ReadyAsync(resource, cancellationToken);
                await notifications.PublishUpdateAsync(resource, s => s with { ReadyHandlers = handlers }).ConfigureAwait(false);
            }

            if (keys.Count == 0)
            {
                return;
            }

            step = healthy ? FirstStep : step * 1.5 < LongestStep ? step * 1.5 : LongestStep;
            await Task.Delay(healthy ? WhenHealthy : step, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<bool> CheckAsync(IResource resource, HashSet<string> keys, CancellationToken cancellationToken)
    {
        if (keys.Count == 0)
        {
            return true;
        }

        var report = await checks.CheckHealthAsync(registration => keys.Contains(registration.Name), cancellationToken).ConfigureAwait(false);
        ImmutableArray<HealthReportSnapshot> reports =
            [.. report.Entries.Select(e => new HealthReportSnapshot(e.Key, e.Value.Status, e.Value.Description, e.Value.Exception?.Message) { LastRunAt = DateTime.UtcNow })];

        if (keys.FirstOrDefault(key => !report.Entries.ContainsKey(key)) is { } unknown)
        {
            throw new DistributedApplicationException($"Resource '{resource.Name}' names a health check '{unknown}' that nobody registered. Register it with Services.AddHealthChecks().");
        }

        await notifications.PublishUpdateAsync(resource, s => s with { HealthReports = reports }).ConfigureAwait(false);
        return report.Status is HealthStatus.Healthy;
    }

    private async Task ReadyAsync(IResource resource, CancellationToken cancellationToken)
    {
        try
        {
            await eventing.PublishAsync(new ResourceReadyEvent(resource, services), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            logger.LogError(exception, "A handler of the ready event of resource '{Resource}' failed.", resource.Name);
            throw;
        }
    }
}
