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

    private readonly Lock _lock = new();
    // Both complete when the network exists, with whether this application owns it. At the second the resource shows it.
    private Task<bool>? _creating;
    private Task<bool>? _up;

    public ContainerNetworkManager Manager { get; } = new(network, runtime, HostRoutes.All, loggers.GetLogger(network));

    /// <summary>Begins to create the network, and does not wait for it.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        // A test may have removed the resource.
        _creating = model.Resources.Contains(network) ? CreateAsync() : null;
        return Task.CompletedTask;
    }

    /// <summary>Creates the network unless that has succeeded before.</summary>
    /// <returns>Whether this application owns the network.</returns>
    /// <exception cref="DistributedApplicationException">It cannot be created.</exception>
    public Task<bool> UpAsync()
    {
        lock (_lock)
        {
            return _up is null or { IsFaulted: true } ? _up = BringUpAsync() : _up;
        }
    }

    /// <summary>For a container that is about to start: an application that owned the network may have removed it.</summary>
    public async Task EnsureUpAsync(CancellationToken cancellationToken)
    {
        if (!await UpAsync().WaitAsync(cancellationToken) && await Manager.InspectAsync(cancellationToken) is null)
        {
            Forget();
            await UpAsync().WaitAsync(cancellationToken);
        }
    }

    /// <summary>Unhealthy when the network was removed or recreated. Updates its members in the dashboard.</summary>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var state = await Manager.InspectAsync(cancellationToken);
        await notifications.PublishUpdateAsync(network, snapshot => snapshot.WithMembers(state?.Members ?? []));

        if (state is null)
        {
            Forget();
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

    private void Forget()
    {
        lock (_lock)
        {
            _up = _up is { IsCompleted: true } ? null : _up;
        }
    }

    /// <summary>Runs when Aspire has initialised the resource: it would reset the health of one that is already running.</summary>
    private async Task<bool> BringUpAsync()
    {
        try
        {
            var isOwned = await (Interlocked.Exchange(ref _creating, null) ?? CreateAsync());
            await notifications.PublishUpdateAsync(network, s => s with { State = KnownResourceStates.Running, StartTimeStamp = DateTime.UtcNow });
            return isOwned;
        }
        catch (Exception exception)
        {
            loggers.GetLogger(network).LogError("{Message}", exception.Message);
            await notifications.PublishUpdateAsync(network, s => s with { State = new(KnownResourceStates.FailedToStart, KnownResourceStateStyles.Error) });
            throw;
        }
    }

    private async Task<bool> CreateAsync()
    {
        await notifications.PublishUpdateAsync(network, s => s with { State = KnownResourceStates.Starting, StopTimeStamp = null });
        return await Manager.EnsureAsync(CancellationToken.None);
    }

    private async Task RemoveIfOwnedAsync()
    {
        using var timeout = new CancellationTokenSource(s_timeout);
        var created = Interlocked.Exchange(ref _up, null) ?? Interlocked.Exchange(ref _creating, null) ?? Task.FromResult(false);
        string? reason;

        try
        {
            // Ownership is known only after the creation.
            await ((Task)created).WaitAsync(timeout.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            reason = created is { IsCompletedSuccessfully: true, Result: true } ? await Manager.RemoveAsync(timeout.Token) : null;
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
