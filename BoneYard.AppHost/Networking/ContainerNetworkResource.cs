using System.Net;

namespace BoneYard.Networking;

/// <summary>A network of containers with a subnet of its own, on which each may have a static address.</summary>
/// <param name="name">In the graph; a container is known on the network as CONTAINER.NAME.</param>
/// <param name="networkName">To the container runtime.</param>
internal sealed class ContainerNetworkResource(string name, string networkName, IpSubnet subnet, IPAddress gateway) : Resource(name)
{
    public string NetworkName { get; } = networkName;

    public IpSubnet Subnet { get; } = subnet;

    public IPAddress Gateway { get; } = gateway;

    /// <summary>What a user changes to give it another name, for messages.</summary>
    public string NameSetting { get; internal set; } = nameof(ContainerNetworkExtensions.AddContainerNetwork);

    /// <summary>What a user changes to give it other addresses, for messages.</summary>
    public string SubnetSetting { get; internal set; } = nameof(ContainerNetworkExtensions.AddContainerNetwork);

    /// <summary>How the others on this network call a container.</summary>
    public string AliasOf(IResource container) => $"{container.Name}.{Name}";
}
