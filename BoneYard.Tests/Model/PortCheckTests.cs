using System.Net;
using System.Net.Sockets;

namespace BoneYard.Tests.Model;

public sealed class PortCheckTests
{
    [Fact]
    public void Free_ports_pass() =>
        PortCheck.EnsureFree([new("sitewww", IPAddress.Loopback, FreePort(), ProtocolType.Tcp), new("the dashboard", IPAddress.Loopback, FreePort(), ProtocolType.Tcp)]);

    [Fact]
    public void The_same_port_may_be_used_for_TCP_and_UDP()
    {
        var port = FreePort();

        PortCheck.EnsureFree([new("HTTP/2", IPAddress.Loopback, port, ProtocolType.Tcp), new("HTTP/3", IPAddress.Loopback, port, ProtocolType.Udp)]);
    }

    [Fact]
    public void A_port_that_is_used_twice_is_refused_and_both_purposes_are_named()
    {
        var refusal = Assert.Throws<DistributedApplicationException>(() => PortCheck.EnsureFree([new("sitewww", IPAddress.Loopback, 8443, ProtocolType.Tcp), new("the dashboard", IPAddress.Loopback, 8443, ProtocolType.Tcp)]));

        Assert.Equal("Port 8443 is used twice: for sitewww and the dashboard. Set a different port for one of them.", refusal.Message);
    }

    [Fact]
    public void A_port_in_use_is_refused_and_its_purpose_is_named()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;

        var refusal = Assert.Throws<DistributedApplicationException>(() => PortCheck.EnsureFree([new("sitewww", IPAddress.Loopback, port, ProtocolType.Tcp)]));

        Assert.StartsWith($"Port {port}, for sitewww, cannot be used: ", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_address_that_is_not_local_is_refused()
    {
        var refusal = Assert.Throws<WrongOptionException>(
            () => PortCheck.EnsureFree([new("sitewww", IPAddress.Parse("192.0.2.1"), FreePort(), ProtocolType.Tcp)]));

        Assert.Equal("Option --listen is '192.0.2.1', but no interface of this machine has that address. Use localhost, an IPv4 address of this machine, or 0.0.0.0 for all of them.", refusal.Message);
    }

    private static int FreePort() => Infrastructure.AppHostProcess.FreePort();
}
