using System.Net;

namespace BoneYard;

/// <summary>Where the front door listens.</summary>
internal static class ListenAddress
{
    /// <summary>
    /// Opens all endpoints of a resource there: a host on the internet has to say so, for no default opens a door to it. Where others
    /// can come in, the container engine publishes the ports itself: behind the orchestrator's proxy all visitors would have one
    /// address, and what limits each of them would limit them all together.
    /// </summary>
    /// <param name="address">localhost or an IP address of this machine.</param>
    public static IResourceBuilder<T> WithListenAddress<T>(this IResourceBuilder<T> builder, string address) where T : IResourceWithEndpoints
    {
        var isProxied = PortCheck.AreChosenByOrchestrator(builder.ApplicationBuilder.Configuration) || !IPAddress.TryParse(address, out var parsed) || IPAddress.IsLoopback(parsed);

        foreach (var endpoint in builder.Resource.Annotations.OfType<EndpointAnnotation>())
        {
            (endpoint.TargetHost, endpoint.IsProxied) = (address, isProxied);
        }

        return builder;
    }
}
