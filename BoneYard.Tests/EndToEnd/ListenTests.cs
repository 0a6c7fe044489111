using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using BoneYard.Tests.Infrastructure;

namespace BoneYard.Tests.EndToEnd;

public sealed class ListenTests
{
    [Fact]
    public async Task The_site_listens_only_on_the_configured_address()
    {
        await using var site = await Site.StartAsync("--listen=127.0.0.2");

        var address = site.AddressFor(trusted: null);
        using var page = await site.GetAsync("/tags");
        using var elsewhere = new TcpClient();
        var error = await Assert.ThrowsAsync<SocketException>(async () => await elsewhere.ConnectAsync("127.0.0.1", address.Port, TestContext.Current.CancellationToken));

        Assert.Equal("127.0.0.2", address.Host);
        Assert.True(page.IsSuccessStatusCode);
        Assert.Equal(SocketError.ConnectionRefused, error.SocketErrorCode);
    }

    [Fact]
    public async Task On_a_public_address_nginx_sees_the_address_of_each_client()
    {
        await using var own = new IsolatedResources();
        var (address, port) = (AddressOfThisMachine(), AppHostProcess.FreePort());
        await using var host = AppHostProcess.Start([.. own.Arguments, "--tls=off", $"--listen={address}", $"--http-port={port}"]);
        await host.SiteAsync();
        using var visitor = new HttpClient();

        using var page = await visitor.GetAsync(new Uri($"http://{address}:{port}/tags?listen"), TestContext.Current.CancellationToken);

        var www = Assert.Single(await ContainerEngine.ListAsync("ps", "--quiet", "--filter", $"network={own.Network}", "--filter", "name=sitewww"));
        var line = Assert.Single(await ContainerEngine.ListAsync("logs", www), line => line.Contains("/tags?listen", StringComparison.Ordinal));

        // Client and server are this machine. Behind Aspire's proxy, Nginx would see the gateway's address.
        Assert.Contains($"\"client\":\"{address}\"", line, StringComparison.Ordinal);
    }

    private static IPAddress AddressOfThisMachine() => NetworkInterface.GetAllNetworkInterfaces()
        .Where(network => network.NetworkInterfaceType is not NetworkInterfaceType.Loopback)
        .SelectMany(network => network.GetIPProperties().UnicastAddresses)
        .Select(address => address.Address)
        .First(address => address.AddressFamily is AddressFamily.InterNetwork);
}
