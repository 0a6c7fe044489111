using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace BoneYard.Tests.EndToEnd;

/// <summary>The AppHost as a person starts it: one clear line for a mistake, and an exit code.</summary>
public sealed class CommandLineTests
{
    [Theory]
    [InlineData("--Site:HttpPort=http", "error: Option Site:HttpPort is 'http'; allowed is a port, 1 to 65535.")]
    [InlineData("--Site:DataVolume=../etc", "error: Option Site:DataVolume is '../etc'; allowed is the name of a volume: letters, digits, '-', '_' and '.', the first a letter or digit.")]
    public async Task A_wrong_option_ends_in_one_line_and_exit_code_16(string argument, string expected)
    {
        var (exitCode, error) = await RunAsync(argument);

        Assert.Equal((16, expected), (exitCode, error));
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named_before_anything_starts()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        var (exitCode, error) = await RunAsync($"--Site:HttpPort={port}");

        Assert.Equal(1, exitCode);
        Assert.StartsWith($"error: Port {port}, for endpoint 'http' of 'sitewww', cannot be used", error, StringComparison.Ordinal);
    }

    private static async Task<(int ExitCode, string Error)> RunAsync(string argument)
    {
        // bin/CONFIGURATION/FRAMEWORK, as this assembly's own folder.
        var framework = new DirectoryInfo(AppContext.BaseDirectory);
        var assembly = Path.Combine(Projects.BoneYard_AppHost.ProjectPath, "bin", framework.Parent!.Name, framework.Name, "BoneYard.AppHost.dll");

        using var process = Process.Start(new ProcessStartInfo("dotnet", [assembly, argument])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["ASPNETCORE_URLS"] = "http://localhost:0",
                ["ASPIRE_ALLOW_UNSECURED_TRANSPORT"] = "true",
                ["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"] = "http://localhost:0",
            },
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        await output;
        return (process.ExitCode, (await error).Trim());
    }
}
