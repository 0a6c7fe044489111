using Microsoft.Extensions.DependencyInjection;

namespace BoneYard.Networking;

/// <summary>The network's row, page and commands in Aspire's dashboard.</summary>
internal static class ContainerNetworkDashboard
{
    private const string Driver = "network.driver";
    private const string Members = "network.members";

    public static IResourceBuilder<ContainerNetworkResource> WithDashboard(this IResourceBuilder<ContainerNetworkResource> builder)
    {
        var network = builder.Resource;

        return builder
            .WithIconName("VirtualNetwork")
            .WithInitialState(new()
            {
                ResourceType = "ContainerNetwork",
                State = KnownResourceStates.NotStarted,
                Properties =
                [
                    new(CustomResourceKnownProperties.Source, $"{network.NetworkName} {network.Subnet}"),
                    Property("network.name", "Network", network.NetworkName),
                    Property("network.subnet", "Subnet", $"{network.Subnet}"),
                    Property("network.gateway", "Gateway", $"{network.Gateway}"),
                ],
            })
            .WithCommand("inspect", "Inspect", context => InspectAsync(network, context), new()
            {
                IconName = "Search",
                Description = "Show the network's settings and the containers on it.",
                UpdateState = EnabledWhileRunning,
            })
            .WithCommand("remove", "Remove", context => RemoveAsync(network, context), new()
            {
                IconName = "Delete",
                Description = "Remove the network unless containers are on it. The next container that starts creates it again.",
                ConfirmationMessage = $"Remove the network '{network.NetworkName}'?",
                UpdateState = EnabledWhileRunning,
            });
    }

    /// <param name="state">The driver and the members to show; null if the network was removed.</param>
    public static CustomResourceSnapshot WithNetwork(this CustomResourceSnapshot snapshot, NetworkState? state) => snapshot with
    {
        Properties =
        [
            .. snapshot.Properties.Where(property => property.Name is not (Driver or Members)),
            Property(Driver, "Driver", state?.Driver ?? ""),
            Property(Members, "Members", string.Join(", ", state?.Members ?? [])),
        ],
    };

    private static ResourcePropertySnapshot Property(string name, string displayName, string value) => new(name, value) { DisplayName = displayName, IsHighlighted = true };

    private static ResourceCommandState EnabledWhileRunning(UpdateCommandStateContext context) =>
        context.ResourceSnapshot.State?.Text == KnownResourceStates.Running ? ResourceCommandState.Enabled : ResourceCommandState.Disabled;

    private static async Task<ExecuteCommandResult> InspectAsync(ContainerNetworkResource network, ExecuteCommandContext context) =>
        await context.Services.GetRequiredKeyedService<ContainerNetworkLifetime>(network.Name).Manager.InspectAsync(context.CancellationToken) is { } state
            ? CommandResults.Success(
                $"Network '{network.NetworkName}' has {state.Members.Count} containers.",
                new CommandResultData
                {
                    Format = CommandResultFormat.Markdown,
                    DisplayImmediately = true,
                    Value = $"**{network.NetworkName}**: {state}, driver {state.Driver}\n\n{string.Join('\n', state.Members.Select(member => $"- {member}"))}",
                })
            : CommandResults.Failure($"Network '{network.NetworkName}' does not exist.");

    private static async Task<ExecuteCommandResult> RemoveAsync(ContainerNetworkResource network, ExecuteCommandContext context) =>
        await context.Services.GetRequiredKeyedService<ContainerNetworkLifetime>(network.Name).RemoveAsync(context.CancellationToken) is { } reason
            ? CommandResults.Failure(reason)
            : CommandResults.Success($"Network '{network.NetworkName}' was removed.");
}
