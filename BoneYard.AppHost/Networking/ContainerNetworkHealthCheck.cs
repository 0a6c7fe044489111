using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace BoneYard.Networking;

/// <summary>Notices when somebody deletes the network, and keeps the list of its members current.</summary>
internal sealed class ContainerNetworkHealthCheck(ContainerNetworkResource network, ContainerNetworkManager manager, ResourceNotificationService notifications) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (await manager.InspectAsync(network.NetworkName, cancellationToken) is not { } state)
        {
            return HealthCheckResult.Unhealthy($"Network '{network.NetworkName}' is gone. Restart the application.");
        }

        await notifications.PublishUpdateAsync(network, snapshot => snapshot with
        {
            Properties =
            [
                .. snapshot.Properties.Where(property => property.Name is not ContainerNetworkExtensions.MembersProperty),
                ContainerNetworkExtensions.Property(ContainerNetworkExtensions.MembersProperty, "Members", string.Join(", ", state.Members.OrderBy(member => member.Value, StringComparer.Ordinal).Select(member => $"{member.Key} {member.Value}"))),
            ],
        });

        return HealthCheckResult.Healthy();
    }
}
