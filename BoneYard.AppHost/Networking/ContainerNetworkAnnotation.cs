using System.Net;

namespace BoneYard.Networking;

/// <summary>A container is on a network, at this address.</summary>
internal sealed record ContainerNetworkAnnotation(ContainerNetworkResource Network, IPAddress Address) : IResourceAnnotation;
