using System.Net;

namespace BoneYard.Networking;

/// <summary>A container is on a network, at this address.</summary>
internal sealed record ContainerNetworkAnnotation(ContainerNetworkResource Network, IPAddress Address) : IResourceAnnotation
{
    /// <summary>The containers on a network, and where.</summary>
    public static IEnumerable<(IResource Container, IPAddress Address)> On(ContainerNetworkResource network, IEnumerable<IResource> resources) =>
        from resource in resources
        from annotation in resource.Annotations.OfType<ContainerNetworkAnnotation>()
        where annotation.Network == network
        select (resource, annotation.Address);
}
