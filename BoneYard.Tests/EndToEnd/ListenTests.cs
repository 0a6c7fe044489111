using System.Net.Sockets;
using BoneYard.Tests.Infrastructure;

namespace BoneYard.Tests.EndToEnd;

public sealed class ListenTests
{
    [Fact]
    public async Task The_front_door_listens_where_it_is_told_and_nowhere_else()
    {
        await using var site = await Site.StartAsync("--listen=127.0.0.2");

        var address = site.AddressFor(trusted: null);
        using var page = await site.GetAsync("/tags");
        using var elsewhere = new TcpClient();
        var refusal = await Assert.ThrowsAsync<SocketException>(async () => await elsewhere.ConnectAsync("127.0.0.1", address.Port, TestContext.Current.CancellationToken));

        Assert.Equal("127.0.0.2", address.Host);
        Assert.True(page.IsSuccessStatusCode);
        Assert.Equal(SocketError.ConnectionRefused, refusal.SocketErrorCode);
    }
}
