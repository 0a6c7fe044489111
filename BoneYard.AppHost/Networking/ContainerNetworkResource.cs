using System.Net;

namespace BoneYard.Networking;

/// <summary>A container network with its own subnet, on which each container has a static address.</summary>
/// <param name="name">The resource's name; the alias of a container on the network is CONTAINER.NAME.</param>
/// <param name="networkName">The name that the container runtime uses.</param>
internal sealed class ContainerNetworkResource(string name, string networkName, IpSubnet subnet, IPAddress gateway) : Resource(name)
{
    public string NetworkName => networkName;

    public IpSubnet Subnet => subnet;

    public IPAddress Gateway => gateway;

    /// <summary>The names of the containers that belong on the network, by address.</summary>
    public Dictionary<IPAddress, string> Containers { get; } = [];

    /// <summary>The application's settings for the network's name and its subnet, for messages.</summary>
    public (string Name, string Subnet) Settings { get; set; } = ("parameter networkName", "parameter subnet");

    public string AliasOf(IResource container) => $"{container.Name}.{Name}";
}
