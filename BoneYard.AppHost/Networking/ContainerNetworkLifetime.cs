using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BoneYard.Networking;

/// <summary>
/// Creates the network at the start, and removes it when the application is stopped or, in a test, disposed. A network that cannot be
/// removed in time remains, and the next start reuses it.
/// </summary>
internal sealed class ContainerNetworkLifetime(
    ContainerNetworkResource network, ContainerNetworkManager manager, DistributedApplicationModel model,
    ResourceNotificationService notifications, ResourceLoggerService loggers, ILogger<ContainerNetworkLifetime> logger) : IHostedService, IAsyncDisposable
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private Task? _creating;
    private Task? _up;
    private bool _isOwned;

    public ContainerNetworkManager Manager { get; } = manager;

    /// <summary>Begins to create the network.</summary>
    public void Begin()
    {
        // A test may have removed the resource.
        _creating = model.Resources.Contains(network) ? CreateAsync() : null;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Completes when the network exists. Creates it unless that has succeeded before.</summary>
    /// <exception cref="DistributedApplicationException">It cannot be created.</exception>
    public Task UpAsync()
    {
        lock (_lock)
        {
            return _up is null or { IsFaulted: true } ? _up = BringUpAsync() : _up;
        }
    }

    /// <summary>For a container that is about to start: an application that owned the network may have removed it.</summary>
    public async Task EnsureUpAsync(CancellationToken cancellationToken)
    {
        await UpAsync().WaitAsync(cancellationToken);

        if (!_isOwned && await Manager.InspectAsync(cancellationToken) is null)
        {
            Forget();
            await UpAsync().WaitAsync(cancellationToken);
        }
    }

    /// <summary>After the network was removed: the next container that starts creates it again.</summary>
    public void Forget()
    {
        lock (_lock)
        {
            if (_up is { IsCompletedSuccessfully: true })
            {
                (_up, _isOwned) = (null, false);
            }
        }
    }

    /// <inheritdoc cref="ContainerNetworkManager.RemoveAsync"/>
    public async Task<string?> RemoveAsync(CancellationToken cancellationToken)
    {
        var reason = await Manager.RemoveAsync(cancellationToken);

        if (reason is null)
        {
            Forget();
            await notifications.PublishUpdateAsync(network, s => s.WithNetwork(null) with { State = KnownResourceStates.NotStarted, StopTimeStamp = DateTime.UtcNow });
        }

        return reason;
    }

    public Task StopAsync(CancellationToken cancellationToken) => RemoveIfOwnedAsync();

    public async ValueTask DisposeAsync() => await RemoveIfOwnedAsync();

    /// <summary>Runs when Aspire has initialised the resource: it would reset the health of one that is already running.</summary>
    private async Task BringUpAsync()
    {
        try
        {
            await (Interlocked.Exchange(ref _creating, null) ?? CreateAsync());
            await notifications.PublishUpdateAsync(network, s => s with { State = KnownResourceStates.Running, StartTimeStamp = DateTime.UtcNow });
        }
        catch (Exception exception)
        {
            loggers.GetLogger(network).LogError("{Message}", exception.Message);
            await notifications.PublishUpdateAsync(network, s => s with { State = new(KnownResourceStates.FailedToStart, KnownResourceStateStyles.Error) });
            throw;
        }
    }

    private async Task CreateAsync()
    {
        await notifications.PublishUpdateAsync(network, s => s with { State = KnownResourceStates.Starting, StopTimeStamp = null });
        _isOwned = await Manager.EnsureAsync(CancellationToken.None);
    }

    private async Task RemoveIfOwnedAsync()
    {
        using var timeout = new CancellationTokenSource(s_timeout);
        string? reason;

        try
        {
            // Ownership is known only after the creation.
            await (_up ?? _creating ?? Task.CompletedTask).WaitAsync(timeout.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            reason = Interlocked.Exchange(ref _isOwned, false) ? await Manager.RemoveAsync(timeout.Token) : null;
        }
        catch (DistributedApplicationException exception)
        {
            reason = exception.Message;
        }
        catch (OperationCanceledException)
        {
            reason = $"the container runtime did not respond within {s_timeout.TotalSeconds} s.";
        }

        if (reason is not null)
        {
            logger.LogWarning("Network '{Network}' was not removed: {Reason}", network.NetworkName, reason);
        }
    }
}
