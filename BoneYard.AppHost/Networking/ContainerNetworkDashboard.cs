namespace BoneYard.Networking;

/// <summary>The network's row, page and command in Aspire's dashboard.</summary>
internal static class ContainerNetworkDashboard
{
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
            });
    }

    public static CustomResourceSnapshot WithMembers(this CustomResourceSnapshot snapshot, IReadOnlyList<NetworkMember> members)
    {
        var others = snapshot.Properties.Where(property => property.Name is not Members);
        return snapshot with { Properties = [.. others, Property(Members, "Members", string.Join(", ", members))] };
    }

    private static ResourcePropertySnapshot Property(string name, string displayName, string value) =>
        new(name, value) { DisplayName = displayName, IsHighlighted = true };

    private static async Task<ExecuteCommandResult> InspectAsync(ContainerNetworkResource network, ExecuteCommandContext context)
    {
        var manager = network.LifetimeIn(context.Services).Manager;

        if (await manager.InspectAsync(context.CancellationToken) is not { } state)
        {
            return CommandResults.Failure($"Network '{network.NetworkName}' does not exist.");
        }

        var text = $"**{network.NetworkName}**: {state}\n\n{string.Join('\n', state.Members.Select(member => $"- {member}"))}";
        return CommandResults.Success(
            $"Network '{network.NetworkName}' has {state.Members.Count} containers.", text, CommandResultFormat.Markdown, displayImmediately: true);
    }
}
