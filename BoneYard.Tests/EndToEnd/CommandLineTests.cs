using System.Net;
using System.Net.Sockets;
using BoneYard.Tests.Infrastructure;

namespace BoneYard.Tests.EndToEnd;

/// <summary>The AppHost as its own process: user errors end it with one line and an exit code.</summary>
public sealed class CommandLineTests
{
    [Theory]
    [InlineData("error: Option --http-port is 'http', but must be a port from 1 to 65535.", "--http-port=http")]
    [InlineData("error: Option --mode is 'test', but must be development or production.", "--mode", "test")]
    [InlineData("error: Unknown option --http-prot. Did you mean --http-port? --help lists all options.", "--http-prot=80")]
    [InlineData("error: Unknown option Site:HttpPrt. Did you mean Site:HttpPort? --help lists all options.", "--Site:HttpPrt=80")]
    [InlineData("error: Option --http-port has no value, but must be a port from 1 to 65535.", "--http-port")]
    [InlineData("error: 'production' is not an option. Write options as --name=value, such as --mode=production. --help lists all options.", "production")]
    [InlineData("error: Option --gateway is '10.1.1.1', but 10.1.1.1 is not in 10.11.12.0/24. Use a free address of the subnet, or omit the option to use the last one.", "--gateway=10.1.1.1")]
    public async Task Wrong_option_exits_with_code_16_and_one_line(string expected, params string[] arguments)
    {
        var (exitCode, error, _) = await AppHostProcess.RunAsync(arguments);

        Assert.Equal((16, expected), (exitCode, error));
    }

    [Fact]
    public async Task Failed_pipeline_step_exits_with_code_1()
    {
        var (exitCode, error, _) = await AppHostProcess.RunAsync("--operation", "publish", "--step", "missing-step", "--tls=off");

        Assert.Equal(1, exitCode);
        Assert.StartsWith("error: Pipeline execution failed: ", error.Split('\n')[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Expired_certificate_exits_with_code_16_and_one_line()
    {
        using var folder = new TemporaryFolder();
        var issuer = TestCertificate.Root().Intermediate();
        issuer.Server(until: -1).WriteTo(folder, [issuer]);

        var (exitCode, error, _) = await AppHostProcess.RunAsync("--mode=production", $"--tls={folder.Path}");

        Assert.Equal(16, exitCode);
        Assert.Matches($"^error: [^\n]*{folder.Path}[^\n]*expired[^\n]*$", error);
    }

    [Fact]
    public async Task Relative_path_starts_in_the_current_folder()
    {
        using var folder = new TemporaryFolder();

        var (exitCode, error, _) = await AppHostProcess.RunInAsync(folder.Path, "--mode=production", "--tls=certs");

        Assert.Equal(16, exitCode);
        Assert.Matches($"^error: [^\n]*{folder["certs"]}[^\n]*$", error);
    }

    [Fact]
    public async Task Help_exits_with_code_0()
    {
        var (exitCode, error, output) = await AppHostProcess.RunAsync("--mode=production", "--help");

        Assert.Equal((0, ""), (exitCode, error));
        Assert.StartsWith("Description:", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Port_in_use_exits_with_code_1_before_the_start()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;

        var (exitCode, error, _) = await AppHostProcess.RunAsync($"--http-port={port}", "--tls=off");

        Assert.Equal(1, exitCode);
        Assert.Matches($"^error: Port {port}\\b[^\n]*sitewww", error);
    }
}
