using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace BoneYard;

/// <summary>Settings of containers that Aspire has no methods for.</summary>
internal static class Containers
{
    // Aspire's own: a hash of the path of the AppHost, the same at each start.
    private const string PathHash = "AppHost:PathSha256";
    private const int TagLength = 8;

    /// <summary>
    /// Names the image that is built from the Dockerfile. Its tag identifies this clone: a start replaces the image of the start before,
    /// and never that of another clone.
    /// </summary>
    /// <param name="name">The repository part of the image name, without a tag.</param>
    public static IResourceBuilder<T> WithImageName<T>(this IResourceBuilder<T> builder, string name) where T : ContainerResource
    {
        var image = builder.Resource.Annotations.OfType<DockerfileBuildAnnotation>().Single();
        image.ImageName = name;
        image.ImageTag = builder.ApplicationBuilder.Configuration[PathHash]?[..TagLength].ToLowerInvariant() ?? image.ImageTag;
        return builder;
    }

    /// <summary>Sets an environment variable unless <paramref name="value"/> is null; Aspire would set an empty one.</summary>
    public static IResourceBuilder<T> WithOptionalEnvironment<T>(this IResourceBuilder<T> builder, string name, string? value) where T : IResourceWithEnvironment =>
        value is null ? builder : builder.WithEnvironment(name, value);

    /// <summary>
    /// Production: the root file system is read-only except for a tmpfs of 128 MB at /tmp, capabilities and privilege escalation are
    /// removed, memory and processes are limited, and the container is restarted after a crash.
    /// </summary>
    /// <param name="memory">As in <c>512m</c>.</param>
    /// <param name="processes">The highest number of processes and threads at a time.</param>
    public static IResourceBuilder<T> WithHardening<T>(this IResourceBuilder<T> builder, string memory, int processes) where T : ContainerResource => builder
        .WithContainerRuntimeArgs(
            "--restart", "on-failure:5",
            "--read-only",
            "--tmpfs", "/tmp:mode=1777,size=128m",
            "--cap-drop", "ALL",
            "--security-opt", "no-new-privileges",
            "--memory", memory,
            "--pids-limit", processes.ToString(CultureInfo.InvariantCulture));
}
