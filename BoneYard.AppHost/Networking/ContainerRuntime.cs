using System.ComponentModel;
using System.Diagnostics;
using Microsoft.Extensions.Configuration;

namespace BoneYard.Networking;

internal sealed record RuntimeResult(int ExitCode, string Output, string Error)
{
    public bool Succeeded => ExitCode == 0;
}

internal interface IContainerRuntime
{
    /// <summary>docker or podman.</summary>
    string Name { get; }

    /// <param name="arguments">Passed as they are, without quoting.</param>
    /// <exception cref="DistributedApplicationException">The runtime's command is not installed.</exception>
    Task<RuntimeResult> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken);
}

/// <summary>Runs commands of the container runtime that Aspire uses.</summary>
internal sealed class ContainerRuntime(string name) : IContainerRuntime
{
    /// <summary>Aspire's setting with the highest precedence.</summary>
    public const string Setting = "DcpPublisher:ContainerRuntime";

    private static readonly string[] s_settings = [Setting, "ASPIRE_CONTAINER_RUNTIME", "DOTNET_ASPIRE_CONTAINER_RUNTIME"];
    private static readonly string[] s_supported = ["docker", "podman"];

    public string Name => name;

    /// <summary>The runtime that Aspire's settings name, by default Docker, and Podman where only that is installed.</summary>
    /// <exception cref="DistributedApplicationException">A setting names an unsupported runtime.</exception>
    public static string NameIn(IConfiguration configuration)
    {
        if (s_settings.FirstOrDefault(setting => !string.IsNullOrEmpty(configuration[setting])) is not { } setting)
        {
            return s_supported.FirstOrDefault(IsInstalled) ?? s_supported[0];
        }

        var name = configuration[setting]!.ToLowerInvariant();
        return s_supported.Contains(name) ? name
            : throw new DistributedApplicationException(
                $"{setting} is '{configuration[setting]}', which is not a supported container runtime. Set it to docker or podman.");
    }

    public async Task<RuntimeResult> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(Name, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            // Without a response from the engine the command never ends.
            await using var kill = cancellationToken.Register(process.Kill);
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var error = process.StandardError.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return new(process.ExitCode, (await output).Trim(), (await error).Trim());
        }
        catch (Win32Exception exception)
        {
            throw new DistributedApplicationException(
                $"'{Name}' cannot be run ({exception.Message}). Install it, or set ASPIRE_CONTAINER_RUNTIME to another container runtime.", exception);
        }
    }

    private static bool IsInstalled(string command) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator)
        .Any(folder => File.Exists(Path.Combine(folder, OperatingSystem.IsWindows() ? $"{command}.exe" : command)));
}
