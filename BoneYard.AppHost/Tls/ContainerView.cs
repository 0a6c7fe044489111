namespace BoneYard.Tls;

/// <summary>
/// How a container sees a mounted folder: it follows links from the mount point and by its own file system, not by that of the
/// host. So what links lead to is mounted where the container looks for it. Both ways are gone side by side, name by name.
/// </summary>
internal sealed class ContainerView
{
    // As many as Linux follows.
    private const int LinksFollowed = 40;

    // Without them the container does not run; what is mounted over one of them hides it.
    private static readonly string[] s_needed =
        ["/bin", "/dev", "/etc/nginx", "/lib", "/lib64", "/proc", "/sbin", "/sys", "/usr/bin", "/usr/lib", "/usr/local/bin", "/usr/sbin", "/usr/share", "/www/data", "/www/media", "/www/pages"];

    private readonly string _folder;
    private readonly List<LinkedFolder> _mounts;
    private readonly HashSet<string> _entered = [];

    /// <param name="folder">The folder on the host, absolute.</param>
    /// <param name="mountPoint">Where the container has it.</param>
    public ContainerView(string folder, string mountPoint)
    {
        _folder = folder;
        _mounts = [new(RealPath(folder), mountPoint)];
    }

    /// <summary>What has to be mounted beside the folder itself.</summary>
    public IReadOnlyList<LinkedFolder> LinkedFolders => _mounts[1..];

    /// <summary>The folders on the host that the container passes through, in mounts.</summary>
    public IReadOnlyCollection<string> Entered => _entered;

    /// <summary>Goes where the container goes that opens a file of the folder.</summary>
    /// <returns>The file on the host, links resolved.</returns>
    /// <exception cref="WrongOptionException">The container cannot get there; the message has the remedy.</exception>
    public string Follow(string file)
    {
        var (onHost, inContainer) = (_mounts[0].Source, _mounts[0].Target);
        var steps = new Stack<string>([file]);
        var goal = file;

        for (var links = 0; steps.TryPop(out var step);)
        {
            if (step == "..")
            {
                (onHost, inContainer) = (Parent(onHost), Parent(inContainer));
                continue;
            }

            var isMounted = IsMounted(onHost, inContainer);

            // Folders on the way need not be what they are on the host; the one with the file has to be there.
            if (!isMounted && steps.Count == 0)
            {
                Mount(onHost, inContainer);
                isMounted = true;
            }

            if (isMounted)
            {
                _entered.Add(onHost);
            }

            var entry = Path.Combine(onHost, step);

            if (!isMounted || new FileInfo(entry).LinkTarget is not { } target)
            {
                (onHost, inContainer) = (RealPath(entry), Path.Combine(inContainer, step));
                continue;
            }

            if (++links > LinksFollowed)
            {
                throw Refusal("which is a link in a circle. Set the link anew.");
            }

            goal = target;
            (onHost, inContainer) = Path.IsPathRooted(target) ? ("/", "/") : (onHost, inContainer);

            foreach (var name in target.Split('/').Where(name => name is not ("" or ".")).Reverse())
            {
                steps.Push(name);
            }
        }

        return onHost;

        void Mount(string source, string target)
        {
            if (target.LastIndexOf('/') == 0 || s_needed.Any(needed => IsWithin(target, needed) || IsWithin(needed, target)))
            {
                throw Refusal($"which cannot be shown to the container: it would hide '{target}' there. Put copies into a folder and give that.");
            }

            _mounts.Add(new(source, target));
        }

        bool IsMounted(string source, string target)
        {
            if (_mounts.Where(mount => IsWithin(target, mount.Target)).MaxBy(mount => mount.Target.Length) is not { } mount)
            {
                return false;
            }

            return mount.Source + target[mount.Target.Length..] == source ? true
                : throw Refusal($"which cannot be shown to the container: '{target}' is another folder there. Put copies into a folder and give that.");
        }

        WrongOptionException Refusal(string problem) => CertificateFolder.Refusal(_folder, $"{file} leads to {goal}, {problem}");
    }

    private static bool IsWithin(string path, string folder) => $"{path}/".StartsWith($"{folder}/", StringComparison.Ordinal);

    /// <summary>A path without links. A part that is not there stays as it is.</summary>
    private static string RealPath(string path, int linksLeft = LinksFollowed)
    {
        if (Path.GetDirectoryName(path) is not { } above)
        {
            return path;
        }

        var folder = RealPath(above, linksLeft);

        switch (Path.GetFileName(path))
        {
            case "" or ".":
                return folder;
            case "..":
                return Parent(folder);
            case var name:
                var entry = Path.Combine(folder, name);
                return new FileInfo(entry).LinkTarget is not { } target ? entry
                    : linksLeft > 0 ? RealPath(Path.Combine(folder, target), linksLeft - 1)
                    : throw new IOException($"{entry} is a link in a circle.");
        }
    }

    /// <summary>That of the root is the root.</summary>
    private static string Parent(string path) => Path.GetDirectoryName(path) ?? path;
}
