using System.ComponentModel;
using System.Diagnostics;
using Microsoft.Extensions.Configuration;

namespace BoneYard.Networking;

/// <summary>Runs the command of the container runtime that Aspire takes.</summary>
internal sealed class ContainerRuntime(string name) : IContainerRuntime
{
    private static readonly string[] s_settings = ["DcpPublisher:ContainerRuntime", "ASPIRE_CONTAINER_RUNTIME", "DOTNET_ASPIRE_CONTAINER_RUNTIME"];

    public string Name { get; } = name;

    /// <summary>What a setting of Aspire names, else what is installed, Docker before Podman.</summary>
    public static string NameIn(IConfiguration configuration) =>
        s_settings.Select(setting => configuration[setting]).FirstOrDefault(value => !string.IsNullOrEmpty(value))?.ToLowerInvariant()
        ?? (!IsInstalled("docker") && IsInstalled("podman") ? "podman" : "docker");

    public async Task<RuntimeResult> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(Name, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var error = process.StandardError.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return new(process.ExitCode, (await output).Trim(), (await error).Trim());
        }
        catch (Win32Exception exception)
        {
            throw new DistributedApplicationException($"'{Name}' cannot be run ({exception.Message}). Install it, or name another container runtime in ASPIRE_CONTAINER_RUNTIME.", exception);
        }
    }

    private static bool IsInstalled(string command) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator)
        .Any(folder => File.Exists(Path.Combine(folder, OperatingSystem.IsWindows() ? $"{command}.exe" : command)));
}
