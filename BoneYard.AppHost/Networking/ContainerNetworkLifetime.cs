using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BoneYard.Networking;

/// <summary>
/// Removes the network at the end, be that a stop or, in a test, only a disposal. To be registered first: hosted services stop and
/// are disposed of in reverse order, and the containers have to be gone by then. What cannot be removed in time stays, and the
/// next start takes it over.
/// </summary>
internal sealed class ContainerNetworkLifetime(ContainerNetworkResource network, ContainerNetworkManager manager, ILogger<ContainerNetworkLifetime> logger) : IHostedService, IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Whether this AppHost made the network.</summary>
    public bool IsOurs { get; set; }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => RemoveAsync();

    public async ValueTask DisposeAsync() => await RemoveAsync();

    private async Task RemoveAsync()
    {
        if (!IsOurs)
        {
            return;
        }

        IsOurs = false;

        using var patience = new CancellationTokenSource(Patience);

        try
        {
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
