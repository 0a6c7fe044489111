namespace BoneYard.Tests.Infrastructure;

/// <summary>A folder of one test, removed with all that is in it.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("boneyard-test-").FullName;

    public string this[string file] => System.IO.Path.Combine(Path, file);

    /// <summary>Lets the users of containers read it; a temporary folder is the user's alone otherwise.</summary>
    public void OpenToContainers()
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Path, (UnixFileMode)0b111_101_101);
        }
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
