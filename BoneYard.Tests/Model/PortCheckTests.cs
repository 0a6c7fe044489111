using System.Net;
using System.Net.Sockets;

namespace BoneYard.Tests.Model;

public sealed class PortCheckTests
{
    [Fact]
    public void Ports_that_nobody_uses_are_free() =>
        PortCheck.EnsureFree([new("the front door", FreePort(), ProtocolType.Tcp), new("the dashboard", FreePort(), ProtocolType.Tcp)]);

    [Fact]
    public void One_port_may_serve_TCP_and_UDP()
    {
        var port = FreePort();

        PortCheck.EnsureFree([new("HTTP/2", port, ProtocolType.Tcp), new("HTTP/3", port, ProtocolType.Udp)]);
    }

    [Fact]
    public void One_port_for_two_uses_is_refused_with_both_named()
    {
        var refusal = Assert.Throws<DistributedApplicationException>(() => PortCheck.EnsureFree([new("the front door", 8443, ProtocolType.Tcp), new("the dashboard", 8443, ProtocolType.Tcp)]));

        Assert.Equal("Port 8443 is to serve the front door and the dashboard. Give each its own.", refusal.Message);
    }

    [Fact]
    public void A_port_in_use_is_refused_with_its_purpose()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;

        var refusal = Assert.Throws<DistributedApplicationException>(() => PortCheck.EnsureFree([new("the front door", port, ProtocolType.Tcp)]));

        Assert.StartsWith($"Port {port}, for the front door, cannot be used: ", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_address_that_this_machine_has_not_is_refused()
    {
        var refusal = Assert.Throws<WrongOptionException>(
            () => PortCheck.EnsureFree([new("the front door", FreePort(), ProtocolType.Tcp) { Address = IPAddress.Parse("192.0.2.1") }]));

        Assert.Equal("Option --listen is '192.0.2.1', but no interface of this machine has that address. Use localhost, an IPv4 address of this machine, or 0.0.0.0 for all of them.", refusal.Message);
    }

    private static int FreePort() => Infrastructure.AppHostProcess.FreePort();
}
