using System.Net;
using System.Net.Sockets;
using BoneYard.Tests.Infrastructure;

namespace BoneYard.Tests.EndToEnd;

/// <summary>The AppHost as a person starts it: one clear line for a mistake, and an exit code.</summary>
public sealed class CommandLineTests
{
    [Theory]
    [InlineData("error: Option http-port is 'http'; allowed is a port, 1 to 65535.", "--http-port=http")]
    [InlineData("error: Option mode is 'test'; allowed is development or production.", "--mode", "test")]
    [InlineData("error: There is no option --http-prot; did you mean --http-port? --help lists them all.", "--http-prot=80")]
    [InlineData("error: There is no option Site:HttpPrt; did you mean Site:HttpPort? --help lists them all.", "--Site:HttpPrt=80")]
    [InlineData("error: Option tls is not set; in production it has to be: a folder with fullchain.pem and privkey.pem, or off behind a proxy that serves HTTPS.", "--mode=production")]
    [InlineData("error: Option http-port has no value; allowed is a port, 1 to 65535.", "--http-port")]
    [InlineData("error: 'production' is no option; options are written as --name=value, such as --mode=production. --help lists them all.", "production")]
    [InlineData("error: Option mode is 'development' and 'production'; allowed is one value.", "--mode=development", "--mode=production")]
    [InlineData("error: Option gateway is '10.1.1.1', but 10.1.1.1 is not in 10.11.12.0/24; allowed is an IP address of the subnet that no container has; not set means the last one.", "--gateway=10.1.1.1")]
    public async Task A_wrong_option_ends_in_one_line_and_exit_code_16(string expected, params string[] arguments)
    {
        var (exitCode, error, _) = await AppHostProcess.RunAsync(arguments);

        Assert.Equal((16, expected), (exitCode, error));
    }

    [Theory]
    [InlineData("expired", "has expired")]
    [InlineData("with another key", "does not match the key")]
    [InlineData("below its issuer", "is out of order: the key belongs to certificate 2 (CN=server)")]
    [InlineData("for another host", "does not cover the host 'localhost'")]
    public async Task A_certificate_that_no_visitor_would_accept_ends_in_one_line_and_exit_code_16(string kind, string reason)
    {
        using var folder = new TemporaryFolder();
        var issuer = TestCertificate.Root().Intermediate();
        var server = kind switch
        {
            "expired" => issuer.Server(until: -1),
            "for another host" => issuer.Server(["other.example"]),
            _ => issuer.Server(),
        };

        if (kind is "below its issuer")
        {
            issuer.WriteTo(folder, [server], server.KeyPem);
        }
        else
        {
            server.WriteTo(folder, [issuer], kind is "with another key" ? issuer.Server().KeyPem : null);
        }

        var (exitCode, error, _) = await AppHostProcess.RunAsync("--mode=production", $"--tls={folder.Path}");

        Assert.Equal(16, exitCode);
        Assert.StartsWith($"error: Option tls is '{folder.Path}': fullchain.pem {reason}", error, StringComparison.Ordinal);
        Assert.Single(error.Split('\n'));
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("--mode=production", "--help")]
    public async Task Help_lists_every_option_with_its_default_and_starts_nothing(params string[] arguments)
    {
        var (exitCode, _, output) = await AppHostProcess.RunAsync(arguments);

        Assert.Equal(0, exitCode);
        Assert.All(SiteOptions.All, option => Assert.Contains($"  --{option.Name}={option.Default} ", output, StringComparison.Ordinal));
        Assert.All(SiteOptions.All, option => Assert.Contains(option.Allowed, output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_path_begins_where_the_person_stands()
    {
        using var folder = new TemporaryFolder();

        var (exitCode, error, _) = await AppHostProcess.RunInAsync(folder.Path, "--tls=certs");

        Assert.Equal(
            (16, $"error: Option tls is '{folder["certs"]}': it does not exist. Give a folder with fullchain.pem and privkey.pem."),
            (exitCode, error));
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named_before_anything_starts()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        var (exitCode, error, _) = await AppHostProcess.RunAsync($"--http-port={port}", "--tls=off");

        Assert.Equal(1, exitCode);
        Assert.StartsWith($"error: Port {port}, for endpoint 'http' of 'sitewww', cannot be used", error, StringComparison.Ordinal);
    }
}
