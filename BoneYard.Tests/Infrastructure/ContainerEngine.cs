using System.Diagnostics;
using BoneYard.Networking;
using Microsoft.Extensions.Configuration;

namespace BoneYard.Tests.Infrastructure;

/// <summary>Runs commands of the container engine, for checks from outside the application.</summary>
internal static class ContainerEngine
{
    /// <summary>docker or podman, as the AppHost uses it.</summary>
    public static string Name { get; } = ContainerRuntime.NameIn(new ConfigurationBuilder().AddEnvironmentVariables().Build());

    /// <returns>Standard output, trimmed.</returns>
    /// <exception cref="InvalidOperationException">The command failed; the message has its error.</exception>
    public static Task<string> RunAsync(params string[] args) => Command.RunAsync(new(Name, args));

    /// <summary>Searches the files of a container and of its image for a text, without mounts and memory file systems.</summary>
    public static async Task<bool> HasFileWithAsync(string container, string text)
    {
        using var process = Process.Start("sh", ["-c", "\"$1\" export \"$2\" | grep --quiet --text --fixed-strings -e \"$3\"", "sh", Name, container, text]);
        await process.WaitForExitAsync();
        return process.ExitCode == 0;
    }

    public static async Task<string[]> ListAsync(params string[] args) =>
        (await RunAsync(args)).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
