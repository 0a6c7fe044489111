using System.Diagnostics;

namespace BoneYard.Tests.Infrastructure;

/// <summary>Runs commands to their end.</summary>
internal static class Command
{
    /// <returns>The standard output, trimmed.</returns>
    /// <exception cref="InvalidOperationException">The command failed; the message has its output.</exception>
    public static async Task<string> RunAsync(ProcessStartInfo command)
    {
        (command.RedirectStandardOutput, command.RedirectStandardError) = (true, true);
        using var process = Process.Start(command)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();

        return process.ExitCode == 0
            ? (await output).Trim()
            : throw new InvalidOperationException($"{command.FileName} {string.Join(' ', command.ArgumentList)} failed with exit code {process.ExitCode}: {await error}{await output}");
    }
}
