using System.Collections.Immutable;

namespace BoneYard.Networking;

/// <summary>What the dashboard shows of a network.</summary>
internal static class ContainerNetworkProperties
{
    public const string Members = "network.members";

    private const string Driver = "network.driver";

    public static ImmutableArray<ResourcePropertySnapshot> Of(ContainerNetworkResource network) =>
    [
        new(CustomResourceKnownProperties.Source, $"{network.NetworkName} {network.Subnet}"),
        Property("network.name", "Network", network.NetworkName),
        Property("network.subnet", "Subnet", network.Subnet.ToString()),
        Property("network.gateway", "Gateway", network.Gateway.ToString()),
    ];

    /// <summary>What changes: the driver, which is another's choice when the network is, and the members.</summary>
    /// <param name="state">null when the network is gone.</param>
    public static CustomResourceSnapshot WithState(this CustomResourceSnapshot snapshot, NetworkState? state) => snapshot with
    {
        Properties =
        [
            .. snapshot.Properties.Where(property => property.Name is not (Driver or Members)),
            Property(Driver, "Driver", state?.Driver ?? ""),
            Property(Members, "Members", string.Join(", ", state?.Members ?? [])),
        ],
    };

    private static ResourcePropertySnapshot Property(string name, string displayName, string value) => new(name, value) { DisplayName = displayName, IsHighlighted = true };
}
