using System.Net;

namespace BoneYard.Networking;

/// <summary>Attaches a container to a network with a static address.</summary>
internal sealed record ContainerNetworkAnnotation(ContainerNetworkResource Network, IPAddress Address) : IResourceAnnotation;
