using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using BoneYard.Networking;
using Microsoft.Extensions.DependencyInjection;

namespace BoneYard;

/// <summary>Uses the images of an earlier start: a build takes a second and both processors even if everything is cached.</summary>
internal static class UnchangedImages
{
    /// <summary>The build argument with the revision, which the Dockerfile copies to the label <see cref="Label"/>.</summary>
    public const string Argument = "REVISION";

    public const string Label = "org.opencontainers.image.revision";

    /// <summary>At a start, replaces the build of each image that exists with the same sources and base images by that image.</summary>
    public static void ReuseUnchangedImages(this IDistributedApplicationBuilder builder) => builder.OnBeforeStart((@event, cancellationToken) =>
        builder.ExecutionContext.IsRunMode ? ReuseAsync(@event.Model.Resources, @event.Services.GetRequiredService<IContainerRuntime>(), cancellationToken) : Task.CompletedTask);

    /// <summary>Identifies the Dockerfile and its stage, the files of the build context with their permissions, and the base images.</summary>
    /// <param name="idOf">Returns the id of a base image; null if there is no such image, as for a stage of the Dockerfile.</param>
    internal static string RevisionOf(DockerfileBuildAnnotation build, Func<string, string?> idOf)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append($"{build.Stage}");

        foreach (var image in BaseImagesOf(build))
        {
            Append($"{image} {idOf(image)}");
        }

        foreach (var file in Directory.EnumerateFiles(build.ContextPath, "*", SearchOption.AllDirectories).Union([build.DockerfilePath]).Order(StringComparer.Ordinal))
        {
            var content = File.ReadAllBytes(file);
            Append($"{Path.GetRelativePath(build.ContextPath, file)} {(OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(file))} {content.Length}");
            hash.AppendData(content);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());

        void Append(string text) => hash.AppendData(Encoding.UTF8.GetBytes($"{text}\n"));
    }

    internal static async Task ReuseAsync(IEnumerable<IResource> resources, IContainerRuntime runtime, CancellationToken cancellationToken)
    {
        var builds = resources
            .SelectMany(resource => resource.Annotations.OfType<DockerfileBuildAnnotation>(), (resource, build) => (Resource: resource, Build: build, Image: $"{build.ImageName}:{build.ImageTag}"))
            // The revision does not cover the values of arguments and secrets.
            .Where(entry => File.Exists(entry.Build.DockerfilePath) && entry.Build is { BuildArguments.Count: 0, BuildSecrets.Count: 0 })
            .ToArray();

        if (builds is [])
        {
            return;
        }

        var images = await InspectAsync([.. builds.Select(entry => entry.Image), .. builds.SelectMany(entry => BaseImagesOf(entry.Build)).Distinct()], runtime, cancellationToken);

        foreach (var (resource, build, image) in builds)
        {
            var revision = RevisionOf(build, name => images.GetValueOrDefault(name)?.Id);

            if (images.GetValueOrDefault(image)?.Config.Labels?.GetValueOrDefault(Label) == revision)
            {
                resource.Annotations.Remove(build);
                resource.Annotations.Add(new ContainerImageAnnotation { Image = build.ImageName!, Tag = build.ImageTag });
            }
            else
            {
                build.BuildArguments[Argument] = revision;
            }
        }
    }

    private static IEnumerable<string> BaseImagesOf(DockerfileBuildAnnotation build) =>
        File.ReadLines(build.DockerfilePath).Where(line => line.StartsWith("FROM ", StringComparison.Ordinal)).Select(line => line.Split(' ')[1]);

    /// <returns>The existing images, by name.</returns>
    private static async Task<Dictionary<string, ImageState>> InspectAsync(string[] names, IContainerRuntime runtime, CancellationToken cancellationToken)
    {
        // It fails if one of them is missing, but the output contains the others.
        var inspected = await runtime.RunAsync(["image", "inspect", .. names], cancellationToken);
        var images = inspected.Output is ['[', ..] json ? JsonSerializer.Deserialize<ImageState[]>(json) ?? [] : [];
        // Two names of one image give it twice, each time with all its names.
        return images.DistinctBy(image => image.Id).SelectMany(image => image.RepoTags ?? [], (image, tag) => KeyValuePair.Create(tag, image)).ToDictionary();
    }

    private sealed record ImageState(string Id, string[]? RepoTags, ContainerConfiguration Config);
}
