using System.Diagnostics;
using BoneYard.Networking;
using Microsoft.Extensions.Configuration;

namespace BoneYard.Tests.Infrastructure;

/// <summary>The command of the container engine, for what a test must see from outside the application.</summary>
internal static class ContainerEngine
{
    /// <summary>docker or podman, as the AppHost takes it.</summary>
    public static string Name { get; } = ContainerRuntime.NameIn(new ConfigurationBuilder().AddEnvironmentVariables().Build());

    /// <returns>Standard output, trimmed.</returns>
    /// <exception cref="InvalidOperationException">The command failed; the message has its words.</exception>
    public static async Task<string> RunAsync(params string[] args)
    {
        using var process = Process.Start(new ProcessStartInfo(Name, args) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();

        return process.ExitCode == 0
            ? (await output).Trim()
            : throw new InvalidOperationException($"{Name} {string.Join(' ', args)} ended with {process.ExitCode}: {await error}");
    }

    /// <summary>Whether a text is in a file of a container, be it of its image or its own. What is mounted or in memory is not looked at.</summary>
    public static async Task<bool> HasFileWithAsync(string container, string text)
    {
        using var process = Process.Start("sh", ["-c", "\"$1\" export \"$2\" | grep --quiet --text --fixed-strings -e \"$3\"", "sh", Name, container, text]);
        await process.WaitForExitAsync();
        return process.ExitCode == 0;
    }

    public static async Task<string[]> ListAsync(params string[] args) =>
        (await RunAsync(args)).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
