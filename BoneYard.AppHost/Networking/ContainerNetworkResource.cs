using System.Net;

namespace BoneYard.Networking;

/// <summary>A container network with its own subnet, on which each container has a static address.</summary>
/// <param name="name">The resource's name; the alias of a container on the network is CONTAINER.NAME.</param>
/// <param name="networkName">The name that the container runtime uses.</param>
internal sealed class ContainerNetworkResource(string name, string networkName, IpSubnet subnet, IPAddress gateway) : Resource(name)
{
    public string NetworkName { get; } = networkName;

    public IpSubnet Subnet { get; } = subnet;

    public IPAddress Gateway { get; } = gateway;

    /// <summary>The names of the containers that belong on the network, by address.</summary>
    public Dictionary<IPAddress, string> Containers { get; } = [];

    /// <summary>The setting that changes <see cref="NetworkName"/>, for messages.</summary>
    public string NameSetting { get; internal set; } = nameof(ContainerNetworkExtensions.AddContainerNetwork);

    /// <summary>The setting that changes <see cref="Subnet"/>, for messages.</summary>
    public string SubnetSetting { get; internal set; } = nameof(ContainerNetworkExtensions.AddContainerNetwork);

    public string AliasOf(IResource container) => $"{container.Name}.{Name}";
}
