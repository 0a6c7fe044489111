namespace BoneYard.Tests.Infrastructure;

/// <summary>A development site that mounts a copy of the sources, which tests may change.</summary>
public sealed class Workshop : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private Site? _site;

    internal Site Site => _site ?? throw new InvalidOperationException("The site is not running.");

    public async ValueTask InitializeAsync()
    {
        _folder.OpenToContainers();
        _site = await Site.StartAsync(builder => MountCopies(builder.Resources));
    }

    public async ValueTask DisposeAsync()
    {
        if (_site is not null)
        {
            await _site.DisposeAsync();
        }

        _folder.Dispose();
    }

    /// <summary>Changes a file in place until the result is disposed.</summary>
    /// <param name="path">As in <c>site_blog/boneyard_blog/posts/templates.py</c>: the container's folder and the path in its code.</param>
    /// <param name="change">Maps the old text to the new one.</param>
    internal async Task<SavedFile> SaveAsync(string path, Func<string, string> change)
    {
        var file = _folder[path];
        var before = await File.ReadAllTextAsync(file);
        var after = change(before);
        Assert.NotEqual(before, after);
        await File.WriteAllTextAsync(file, after);
        return new(file, before);
    }

    private void MountCopies(IEnumerable<IResource> resources)
    {
        foreach (var resource in resources)
        {
            foreach (var mount in resource.Annotations.OfType<ContainerMountAnnotation>().Where(mount => mount.Type is ContainerMountType.BindMount).ToArray())
            {
                var copy = _folder[Path.GetFileName(Path.GetDirectoryName(mount.Source!)!)];
                Copy(new(mount.Source!), copy);
                resource.Annotations.Remove(mount);
                resource.Annotations.Add(new ContainerMountAnnotation(copy, mount.Target, mount.Type, mount.IsReadOnly));
            }
        }
    }

    private static void Copy(DirectoryInfo source, string target)
    {
        Directory.CreateDirectory(target);

        foreach (var folder in source.EnumerateDirectories().Where(folder => folder.Name != "__pycache__"))
        {
            Copy(folder, Path.Combine(target, folder.Name));
        }

        foreach (var file in source.EnumerateFiles())
        {
            file.CopyTo(Path.Combine(target, file.Name));
        }
    }
}

/// <summary>A changed file and its original text.</summary>
internal sealed class SavedFile(string path, string before) : IAsyncDisposable
{
    /// <summary>Restores the file as many editors save: writes a new file and renames it.</summary>
    public async ValueTask DisposeAsync()
    {
        await File.WriteAllTextAsync($"{path}~", before);
        File.Move($"{path}~", path, overwrite: true);
    }
}
