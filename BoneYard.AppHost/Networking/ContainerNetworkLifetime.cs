using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BoneYard.Networking;

/// <summary>
/// Creates the network at the start, checks its health, and removes it when the application is stopped or, in a test, disposed. A
/// network that cannot be removed in time remains, and the next start reuses it.
/// </summary>
internal sealed class ContainerNetworkLifetime(
    ContainerNetworkResource network, IContainerRuntime runtime, DistributedApplicationModel model,
    ResourceNotificationService notifications, ResourceLoggerService loggers, ILogger<ContainerNetworkLifetime> logger) : IHostedService, IHealthCheck, IAsyncDisposable
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(10);

    // Its task completes when the network exists, with whether this application owns it.
    private Lazy<Task<bool>> _creation = new(Task.FromResult(false));

    public ContainerNetworkManager Manager { get; } = new(network, runtime, HostRoutes.All, loggers.GetLogger(network));

    /// <summary>Begins to create the network, and does not wait for it.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        // A test may have removed the resource.
        if (model.Resources.Contains(network))
        {
            _creation = new(CreateAsync());
        }

        return Task.CompletedTask;
    }

    /// <summary>
    /// Completes when the network exists, and shows that in the dashboard. Creates the network if that failed before, or if the
    /// application that owned it has removed it.
    /// </summary>
    /// <exception cref="DistributedApplicationException">It cannot be created.</exception>
    public async Task EnsureUpAsync(CancellationToken cancellationToken)
    {
        var creation = _creation;

        try
        {
            if (!await creation.Value.WaitAsync(cancellationToken) && await Manager.InspectAsync(cancellationToken) is null)
            {
                Forget(creation);
                creation = _creation;
                await creation.Value.WaitAsync(cancellationToken);
            }

            // Not earlier: when Aspire initialises the resource, it would reset the health of one that is already running.
            await notifications.PublishUpdateAsync(
                network, s => s with { State = KnownResourceStates.Running, StartTimeStamp = s.StartTimeStamp ?? DateTime.UtcNow });
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // All containers wait for the same creation: the first one to see the failure reports it.
            if (Forget(creation))
            {
                loggers.GetLogger(network).LogError("{Message}", exception.Message);
                await notifications.PublishUpdateAsync(network, s => s with { State = new(KnownResourceStates.FailedToStart, KnownResourceStateStyles.Error) });
            }

            throw;
        }
    }

    /// <summary>Unhealthy when the network was removed or recreated. Updates its members in the dashboard.</summary>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var creation = _creation;
        var state = await Manager.InspectAsync(cancellationToken);
        await notifications.PublishUpdateAsync(network, snapshot => snapshot.WithMembers(state?.Members ?? []));

        if (state is null)
        {
            Forget(creation);
            return HealthCheckResult.Unhealthy($"Network '{network.NetworkName}' was removed. Restart its containers: the first one creates the network again.");
        }

        return state.Has(network.Subnet, network.Gateway)
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Unhealthy(
                $"Network '{network.NetworkName}' was recreated with different settings: {state}. "
                + $"Remove it ({runtime.Name} network rm {network.NetworkName}) and restart its containers.");
    }

    public Task StopAsync(CancellationToken cancellationToken) => RemoveIfOwnedAsync();

    public async ValueTask DisposeAsync() => await RemoveIfOwnedAsync();

    private async Task<bool> CreateAsync()
    {
        await notifications.PublishUpdateAsync(network, s => s with { State = KnownResourceStates.Starting, StartTimeStamp = null, StopTimeStamp = null });
        return await Manager.EnsureAsync(CancellationToken.None);
    }

    /// <summary>Lets the next container create the network again, unless this creation still runs or was forgotten before.</summary>
    private bool Forget(Lazy<Task<bool>> creation) =>
        creation.IsValueCreated && creation.Value.IsCompleted && Interlocked.CompareExchange(ref _creation, new(CreateAsync), creation) == creation;

    private async Task RemoveIfOwnedAsync()
    {
        using var timeout = new CancellationTokenSource(s_timeout);
        var creation = Interlocked.Exchange(ref _creation, new(CreateAsync));
        string? reason = null;

        try
        {
            // Ownership is known only after the creation.
            if (creation.IsValueCreated && !creation.Value.IsFaulted && await creation.Value.WaitAsync(timeout.Token))
            {
                reason = await Manager.RemoveAsync(timeout.Token);
            }
        }
        catch (Exception exception) when (exception is DistributedApplicationException or OperationCanceledException)
        {
            reason = exception is DistributedApplicationException ? exception.Message : $"{runtime.Name} did not respond within {s_timeout.TotalSeconds} s.";
        }

        if (reason is not null)
        {
            logger.LogWarning("Network '{Network}' was not removed: {Reason}", network.NetworkName, reason);
        }
    }
}
