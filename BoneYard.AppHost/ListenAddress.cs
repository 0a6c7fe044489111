namespace BoneYard;

/// <summary>Where the front door listens.</summary>
internal static class ListenAddress
{
    /// <summary>Opens all endpoints of a resource there: a host on the internet has to say so, for no default opens a door to it.</summary>
    /// <param name="address">localhost or an IP address of this machine.</param>
    public static IResourceBuilder<T> WithListenAddress<T>(this IResourceBuilder<T> builder, string address) where T : IResourceWithEndpoints
    {
        foreach (var endpoint in builder.Resource.Annotations.OfType<EndpointAnnotation>())
        {
            endpoint.TargetHost = address;
        }

        return builder;
    }
}
