using System.Net;
using BoneYard.Networking;

namespace BoneYard.Tests.Model;

public sealed class IpSubnetTests
{
    [Theory]
    [InlineData("10.11.12.0/24")]
    [InlineData("10.0.0.0/8")]
    [InlineData("192.168.4.8/29")]
    [InlineData("fd00:b0::/64")]
    [InlineData("fd00:b0::/125")]
    public void A_valid_subnet_is_accepted(string text)
    {
        Assert.True(IpSubnet.TryParse(text, out var subnet));
        Assert.Equal(text, subnet.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("10.11.12.0")]
    [InlineData("10.11.12.0/")]
    [InlineData("10.11.12.0/0")]
    [InlineData("10.11.12.0/30")]
    [InlineData("10.11.12.0/32")]
    [InlineData("10.11.12.0/33")]
    [InlineData("10.11.12.1/24")]
    [InlineData("10.11.12/24")]
    [InlineData("10.11.256.0/24")]
    [InlineData("fd00:b0::/126")]
    [InlineData("fd00:b0::1/64")]
    [InlineData("sitenet")]
    [InlineData("0.0.0.0/1")]
    [InlineData("127.0.0.0/24")]
    [InlineData("224.0.0.0/24")]
    [InlineData("240.0.0.0/24")]
    [InlineData("fe80::/64")]
    [InlineData("ff02::/64")]
    [InlineData("::/64")]
    public void An_invalid_subnet_is_refused(string text)
    {
        Assert.False(IpSubnet.TryParse(text, out _));
    }

    [Theory]
    [InlineData("10.11.12.0/24", 1, "10.11.12.1")]
    [InlineData("10.11.12.0/24", 254, "10.11.12.254")]
    [InlineData("10.11.0.0/16", 256, "10.11.1.0")]
    [InlineData("192.168.4.8/29", 3, "192.168.4.11")]
    [InlineData("fd00:b0::/64", 1, "fd00:b0::1")]
    [InlineData("fd00:b0::/64", 65536, "fd00:b0::1:0")]
    public void The_first_host_has_number_one(string subnet, int number, string address)
    {
        Assert.Equal(IPAddress.Parse(address), IpSubnet.Parse(subnet).Host(number));
    }

    [Theory]
    [InlineData("10.11.12.0/24", "10.11.12.254")]
    [InlineData("192.168.4.8/29", "192.168.4.14")]
    [InlineData("10.0.0.0/8", "10.255.255.254")]
    [InlineData("fd00:b0::/125", "fd00:b0::6")]
    public void The_last_host_precedes_the_broadcast_address(string subnet, string address)
    {
        Assert.Equal(IPAddress.Parse(address), IpSubnet.Parse(subnet).LastHost);
    }

    [Theory]
    [InlineData("10.11.12.0/24", "10.11.12.1")]
    [InlineData("10.11.12.0/24", "10.11.12.254")]
    [InlineData("10.11.0.0/16", "10.11.12.0")]
    [InlineData("10.11.0.0/16", "10.11.12.255")]
    [InlineData("fd00:b0::/64", "fd00:b0::ffff")]
    public void A_host_address_of_the_subnet_is_valid(string subnet, string address)
    {
        Assert.Null(IpSubnet.Parse(subnet).Validate(IPAddress.Parse(address)));
    }

    [Theory]
    [InlineData("10.11.12.0/24", "10.11.12.0", "10.11.12.0 is the address of the network itself")]
    [InlineData("10.11.12.0/24", "10.11.12.255", "10.11.12.255 is the broadcast address of 10.11.12.0/24")]
    [InlineData("10.11.12.0/24", "10.11.13.1", "10.11.13.1 is not in 10.11.12.0/24")]
    [InlineData("10.11.12.0/24", "fd00:b0::1", "fd00:b0::1 is not in 10.11.12.0/24")]
    [InlineData("192.168.4.8/29", "192.168.4.15", "192.168.4.15 is the broadcast address of 192.168.4.8/29")]
    [InlineData("fd00:b0::/64", "fd00:b0::", "fd00:b0:: is the address of the network itself")]
    [InlineData("fd00:b0::/64", "fd00:b1::1", "fd00:b1::1 is not in fd00:b0::/64")]
    public void An_invalid_address_is_refused_with_the_reason(string subnet, string address, string reason)
    {
        Assert.Equal(reason, IpSubnet.Parse(subnet).Validate(IPAddress.Parse(address)));
    }

    [Theory]
    [InlineData("10.11.12.0/24", "10.11.12.0/24", true)]
    [InlineData("10.11.12.0/24", "10.11.0.0/16", true)]
    [InlineData("10.11.12.0/24", "10.11.12.128/25", true)]
    [InlineData("10.11.12.0/24", "10.11.13.0/24", false)]
    [InlineData("10.11.12.0/24", "10.11.8.0/22", false)]
    [InlineData("10.11.12.0/24", "fd00:b0::/64", false)]
    [InlineData("fd00:b0::/64", "fd00:b0::/48", true)]
    [InlineData("fd00:b0::/64", "fd00:b0:0:1::/64", false)]
    public void Overlapping_is_symmetric(string one, string other, bool overlap)
    {
        Assert.Equal((overlap, overlap), (IpSubnet.Parse(one).Overlaps(IpSubnet.Parse(other)), IpSubnet.Parse(other).Overlaps(IpSubnet.Parse(one))));
    }
}
