using System.ComponentModel;
using System.Diagnostics;
using Microsoft.Extensions.Configuration;

namespace BoneYard.Networking;

/// <summary>Runs docker, or what ASPIRE_CONTAINER_RUNTIME names: the same that Aspire takes.</summary>
internal sealed class ContainerRuntime(IConfiguration configuration) : IContainerRuntime
{
    public string Name { get; } = configuration["ASPIRE_CONTAINER_RUNTIME"] is { Length: > 0 } name ? name : "docker";

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
}
