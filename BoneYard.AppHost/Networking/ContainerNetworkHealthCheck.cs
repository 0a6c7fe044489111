using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace BoneYard.Networking;

/// <summary>Notices when somebody deletes the network, and keeps what the dashboard shows of it current.</summary>
internal sealed class ContainerNetworkHealthCheck(
    ContainerNetworkResource network, ContainerNetworkManager manager, ContainerNetworkLifetime lifetime, ResourceNotificationService notifications) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var state = await manager.InspectAsync(network.NetworkName, cancellationToken);
        await notifications.PublishUpdateAsync(network, snapshot => snapshot.WithState(state));

        if (state is not null)
        {
            return HealthCheckResult.Healthy();
        }

        lifetime.NoticeLoss();
        return HealthCheckResult.Unhealthy($"Network '{network.NetworkName}' is gone. Restart the containers that belong on it: the first one makes it anew.");
    }
}
