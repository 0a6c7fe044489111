namespace BoneYard.Tls;

/// <summary>A folder of the host, and where the container sees it.</summary>
internal sealed record FolderMount(string Source, string Target)
{
    /// <summary>
    /// Mounts folders, not files, so that the container sees renewed files. It follows links in its own file system, as from certbot's
    /// <c>live/NAME</c> to <c>../../archive/NAME</c>: each folder that a link leads to is mounted where the link points.
    /// </summary>
    /// <exception cref="WrongOptionException">The container engine cannot mount one of them, or it would hide files of the container.</exception>
    public static IReadOnlyList<FolderMount> For(string folder, string target, params string[] files)
    {
        List<FolderMount> mounts = [new(folder, target)];

        // Links of Windows do not exist in a container.
        foreach (var file in OperatingSystem.IsWindows() ? [] : files)
        {
            var (onHost, inContainer) = (Path.Combine(folder, file), $"{target}/{file}");

            while (new FileInfo(onHost).LinkTarget is { } link)
            {
                onHost = Path.GetFullPath(link, Path.GetDirectoryName(onHost)!);
                inContainer = Path.GetFullPath(link, Path.GetDirectoryName(inContainer)!);
                mounts.Add(new(Path.GetDirectoryName(onHost)!, Path.GetDirectoryName(inContainer)!));
            }
        }

        // Container engines parse a mount as a comma-separated list.
        return mounts.Find(mount => mount.Source.AsSpan().ContainsAny(',', '"')) is { } unmountable
                ? throw CertificateFolder.Refusal(folder, $"{unmountable.Source} cannot be mounted: the path contains a comma or a quotation mark. Rename the folder.")
            : mounts.Find(mount => mount.Target.LastIndexOf('/') == 0) is { } hiding
                ? throw CertificateFolder.Refusal(folder, $"a link leads to {hiding.Source}, which would hide {hiding.Target} in the container. Copy both files into one folder.")
            : [.. mounts.Distinct()];
    }
}
