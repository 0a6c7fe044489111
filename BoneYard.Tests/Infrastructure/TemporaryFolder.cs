namespace BoneYard.Tests.Infrastructure;

/// <summary>A folder that is removed with its files at the end of a test.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("boneyard-test-").FullName;

    public string this[string file] => System.IO.Path.Combine(Path, file);

    /// <summary>Gives the users of containers read access.</summary>
    public void OpenToContainers()
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Path, (UnixFileMode)0b111_101_101);
        }
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
