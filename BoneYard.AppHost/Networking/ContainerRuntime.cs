using System.ComponentModel;
using System.Diagnostics;
using Microsoft.Extensions.Configuration;

namespace BoneYard.Networking;

/// <summary>Runs the command of the container runtime that Aspire takes.</summary>
internal sealed class ContainerRuntime(string name) : IContainerRuntime
{
    /// <summary>The setting that Aspire looks at first.</summary>
    public const string Setting = "DcpPublisher:ContainerRuntime";

    private static readonly string[] s_settings = [Setting, "ASPIRE_CONTAINER_RUNTIME", "DOTNET_ASPIRE_CONTAINER_RUNTIME"];
    private static readonly string[] s_known = ["docker", "podman"];
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    // Asking takes a moment, and the answer is the same for all applications of one process.
    private static readonly Lazy<string> s_found = new(() => s_known.FirstOrDefault(Answers) ?? s_known.FirstOrDefault(IsInstalled) ?? s_known[0]);

    public string Name { get; } = name;

    /// <summary>What a setting of Aspire names, else what runs, else what is installed; Docker before Podman.</summary>
    /// <exception cref="DistributedApplicationException">A setting names something else.</exception>
    public static string NameIn(IConfiguration configuration)
    {
        if (s_settings.FirstOrDefault(setting => !string.IsNullOrEmpty(configuration[setting])) is not { } setting)
        {
            return s_found.Value;
        }

        var name = configuration[setting]!.ToLowerInvariant();
        return s_known.Contains(name) ? name
            : throw new DistributedApplicationException($"{setting} is '{configuration[setting]}'; allowed is {string.Join(" or ", s_known)}.");
    }

    public async Task<RuntimeResult> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(Name, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            // An engine that hangs keeps its command for ever.
            await using var kill = cancellationToken.Register(process.Kill);
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

    /// <summary>By the question that Aspire asks.</summary>
    private static bool Answers(string command)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(command, ["container", "ls", "-n", "1"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            return process.WaitForExit(s_patience) && process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }

    private static bool IsInstalled(string command) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator)
        .Any(folder => File.Exists(Path.Combine(folder, OperatingSystem.IsWindows() ? $"{command}.exe" : command)));
}
