using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BoneYard.Networking;

/// <summary>
/// Brings the network up, and removes it at the end, be that a stop or, in a test, only a disposal. To be registered first: hosted
/// services start in order, so that the network is made while the orchestrator still starts, and they stop and are disposed of in
/// reverse order, and the containers have to be gone by then. What cannot be removed in time stays, and the next start takes it over.
/// </summary>
internal sealed class ContainerNetworkLifetime(
    ContainerNetworkResource network, ContainerNetworkManager manager, DistributedApplicationModel model, DistributedApplicationExecutionContext context,
    ResourceNotificationService notifications, ResourceLoggerService loggers, ILogger<ContainerNetworkLifetime> logger) : IHostedService, IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private Task? _making;
    private Task? _up;
    private bool _isOurs;

    /// <summary>Completes when the network is there, and fails with the reason when it cannot be. Made once, and anew after it was lost or could not be.</summary>
    public Task UpAsync()
    {
        lock (_lock)
        {
            return _up is null or { IsFaulted: true } ? _up = BringUpAsync() : _up;
        }
    }

    /// <summary>For a container that is about to start: another AppHost's network may have gone with that one in the meantime.</summary>
    public async Task EnsureUpAsync(CancellationToken cancellationToken)
    {
        await UpAsync().WaitAsync(cancellationToken);

        if (!_isOurs && await manager.InspectAsync(network.NetworkName, cancellationToken) is null)
        {
            NoticeLoss();
            await UpAsync().WaitAsync(cancellationToken);
        }
    }

    /// <summary>The network is gone: the next container that starts makes it anew. Whatever gets its name meanwhile is somebody else's.</summary>
    public void NoticeLoss()
    {
        lock (_lock)
        {
            if (_up is { IsCompletedSuccessfully: true })
            {
                (_up, _isOurs) = (null, false);
            }
        }
    }

    /// <summary>Removes the network unless somebody uses it.</summary>
    /// <returns>Why it is still there; null when it is gone.</returns>
    public async Task<string?> RemoveAsync(CancellationToken cancellationToken)
    {
        var reason = await manager.RemoveAsync(network, loggers.GetLogger(network), cancellationToken);

        if (reason is null)
        {
            NoticeLoss();
            await notifications.PublishUpdateAsync(network, s => s.WithState(null) with { State = KnownResourceStates.NotStarted, StopTimeStamp = DateTime.UtcNow });
        }

        return reason;
    }

    /// <summary>Begins, where the graph is run and the network is in it; <see cref="UpAsync"/> says when it is there.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (context.IsRunMode && model.Resources.Contains(network))
        {
            _making = MakeAsync();
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => RemoveAtTheEndAsync();

    public async ValueTask DisposeAsync() => await RemoveAtTheEndAsync();

    private async Task BringUpAsync()
    {
        try
        {
            await (Interlocked.Exchange(ref _making, null) ?? MakeAsync());
            await notifications.PublishUpdateAsync(network, s => s with { State = KnownResourceStates.Running, StartTimeStamp = DateTime.UtcNow });
        }
        catch (Exception exception)
        {
            loggers.GetLogger(network).LogError("{Message}", exception.Message);
            await notifications.PublishUpdateAsync(network, s => s with { State = new(KnownResourceStates.FailedToStart, KnownResourceStateStyles.Error) });
            throw;
        }
    }

    private async Task MakeAsync()
    {
        await notifications.PublishUpdateAsync(network, s => s with { State = KnownResourceStates.Starting, StopTimeStamp = null });
        var wanted = ContainerNetworkAnnotation.On(network, model.Resources).ToDictionary(entry => entry.Address, entry => entry.Container.Name);
        _isOurs = await manager.EnsureAsync(network, wanted, loggers.GetLogger(network), CancellationToken.None);
    }

    private async Task RemoveAtTheEndAsync()
    {
        using var patience = new CancellationTokenSource(s_patience);

        try
        {
            // One that is just being made is known to be ours only afterwards.
            await (_up ?? _making ?? Task.CompletedTask).WaitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

            if (!_isOurs)
            {
                return;
            }

            _isOurs = false;

            if (await manager.RemoveAsync(network, logger, patience.Token) is { } reason)
            {
                logger.LogWarning("Network '{Network}' stays: {Reason}", network.NetworkName, reason);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or DistributedApplicationException)
        {
            logger.LogWarning("Network '{Network}' stays: {Reason}", network.NetworkName, exception.Message);
        }
    }
}
