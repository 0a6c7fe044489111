using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace BoneYard.Tests.Infrastructure;

/// <summary>The AppHost as a person starts it, in a process of its own.</summary>
internal static class AppHostProcess
{
    /// <summary>Runs it to its end.</summary>
    /// <returns>Its exit code and what it wrote, trimmed.</returns>
    public static Task<(int ExitCode, string Error, string Output)> RunAsync(params string[] arguments) =>
        RunInAsync(Environment.CurrentDirectory, arguments);

    /// <param name="folder">Where the person stands who starts it.</param>
    public static async Task<(int ExitCode, string Error, string Output)> RunInAsync(string folder, params string[] arguments)
    {
        // bin/CONFIGURATION/FRAMEWORK, as this assembly's own folder.
        var framework = new DirectoryInfo(AppContext.BaseDirectory);
        var assembly = Path.Combine(Projects.BoneYard_AppHost.ProjectPath, "bin", framework.Parent!.Name, framework.Name, "BoneYard.AppHost.dll");

        using var process = Process.Start(new ProcessStartInfo("dotnet", [assembly, .. arguments])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["ASPNETCORE_URLS"] = $"http://localhost:{FreePort()}",
                ["ASPIRE_ALLOW_UNSECURED_TRANSPORT"] = "true",
                ["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"] = $"http://localhost:{FreePort()}",
                ["ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL"] = $"http://localhost:{FreePort()}",
            },
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, (await error).Trim(), (await output).Trim());
    }

    /// <summary>A port that nobody listens on at the moment.</summary>
    public static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
