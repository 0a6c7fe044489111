using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration.UserSecrets;

namespace Aspire.Hosting;

/// <summary>Keeps generated secrets where <c>dotnet user-secrets</c> keeps its own: readable by the user alone, outside the repository.</summary>
internal sealed class UserSecretsStore(string path)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public string Path { get; } = path;

    /// <returns>null when the AppHost has no UserSecretsId.</returns>
    public static UserSecretsStore? TryOpen(Assembly appHost) =>
        appHost.GetCustomAttribute<UserSecretsIdAttribute>() is { } id ? new(PathHelper.GetSecretsPathFromSecretsId(id.UserSecretsId)) : null;

    /// <summary>Gives the kept value, or keeps this one. Two AppHosts that start at once get the same.</summary>
    /// <exception cref="DistributedApplicationException">The file cannot be read or written; the message names it.</exception>
    public string GetOrAdd(string key, string value)
    {
        try
        {
            return ReadOrWrite(key, value);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException)
        {
            throw new DistributedApplicationException($"The secret '{key}' cannot be kept in {Path}: {exception.Message} Let user {Environment.UserName} write there, mend the file, or name another home in HOME.", exception);
        }
    }

    private string ReadOrWrite(string key, string value)
    {
        var directory = Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);

        if (!OperatingSystem.IsWindows())
        {
            directory.UnixFileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        }

        using var exclusive = LockFile();
        var secrets = File.Exists(Path) ? JsonNode.Parse(File.ReadAllText(Path))!.AsObject() : [];

        if (secrets[key]?.GetValue<string>() is { } known)
        {
            return known;
        }

        secrets[key] = value;
        var written = Path + ".new";
        File.WriteAllText(written, secrets.ToJsonString(Indented));

        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(written, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        File.Move(written, Path, overwrite: true);
        return value;
    }

    private FileStream LockFile()
    {
        for (var waiting = Stopwatch.StartNew(); ; Thread.Sleep(20))
        {
            try
            {
                return new FileStream(Path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
            }
            catch (IOException exception) when (waiting.Elapsed > Patience)
            {
                throw new DistributedApplicationException($"The secrets in {Path} cannot be kept: {exception.Message} Is the disk full, or does another process hold {Path}.lock?", exception);
            }
            catch (IOException)
            {
                // Another AppHost is at it.
            }
        }
    }
}
