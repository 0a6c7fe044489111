using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace BoneYard.Networking;

/// <summary>Notices when somebody deletes the network, and keeps what the dashboard shows of it current.</summary>
internal sealed class ContainerNetworkHealthCheck(
    ContainerNetworkResource network, ContainerNetworkManager manager, IContainerRuntime runtime, ContainerNetworkLifetime lifetime, ResourceNotificationService notifications) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var state = await manager.InspectAsync(network.NetworkName, cancellationToken);
        await notifications.PublishUpdateAsync(network, snapshot => snapshot.WithState(state));

        if (state is not null)
        {
            return state.Has(network.Subnet, network.Gateway)
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Unhealthy($"Network '{network.NetworkName}' is another one now: it has {state.Describe()}. Remove it ({runtime.Name} network rm {network.NetworkName}) and restart the containers that belong on it.");
        }

        lifetime.NoticeLoss();
        return HealthCheckResult.Unhealthy($"Network '{network.NetworkName}' is gone. Restart the containers that belong on it: the first one makes it anew.");
    }
}
