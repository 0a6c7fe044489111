using System.Net;

namespace BoneYard;

/// <summary>The address on which the published ports listen.</summary>
internal static class ListenAddress
{
    /// <summary>
    /// Publishes all endpoints of a resource on this address. On any but a loopback address the container engine publishes the ports
    /// itself: behind the orchestrator's proxy all visitors would share one address, and the rate limits per visitor with it.
    /// </summary>
    /// <param name="address">localhost or an IP address of this machine.</param>
    public static IResourceBuilder<T> WithListenAddress<T>(this IResourceBuilder<T> builder, string address) where T : IResourceWithEndpoints
    {
        var isProxied = PortCheck.AreRandom(builder.ApplicationBuilder.Configuration) || !IPAddress.TryParse(address, out var parsed) || IPAddress.IsLoopback(parsed);

        foreach (var endpoint in builder.Resource.Annotations.OfType<EndpointAnnotation>())
        {
            (endpoint.TargetHost, endpoint.IsProxied) = (address, isProxied);
        }

        return builder;
    }
}
