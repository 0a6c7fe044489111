using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace BoneYard.Networking;

/// <summary>Becomes unhealthy when the network is removed or recreated, and updates its members in the dashboard.</summary>
internal sealed class ContainerNetworkHealthCheck(
    ContainerNetworkResource network, ContainerNetworkLifetime lifetime, IContainerRuntime runtime, ResourceNotificationService notifications) : IHealthCheck
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(10);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(s_timeout);

        try
        {
            var state = await lifetime.Manager.InspectAsync(timeout.Token);
            await notifications.PublishUpdateAsync(network, snapshot => snapshot.WithNetwork(state));
            return Evaluate(state);
        }
        catch (DistributedApplicationException exception)
        {
            return HealthCheckResult.Unhealthy(exception.Message);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return HealthCheckResult.Unhealthy($"{runtime.Name} did not respond within {s_timeout.TotalSeconds} s when network '{network.NetworkName}' was inspected.");
        }
    }

    private HealthCheckResult Evaluate(NetworkState? state)
    {
        if (state is null)
        {
            lifetime.Forget();
            return HealthCheckResult.Unhealthy($"Network '{network.NetworkName}' was removed. Restart its containers: the first one creates the network again.");
        }

        return state.Has(network.Subnet, network.Gateway)
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Unhealthy($"Network '{network.NetworkName}' was recreated with different settings: {state}. Remove it ({runtime.Name} network rm {network.NetworkName}) and restart its containers.");
    }
}
