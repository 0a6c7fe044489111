using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Numerics;

namespace BoneYard.Networking;

/// <summary>An IPv4 or IPv6 subnet, and the addresses that a container can have in it.</summary>
internal readonly record struct IpSubnet(IPNetwork Network)
{
    /// <summary>The values that <see cref="TryParse"/> accepts, for messages.</summary>
    public const string Allowed =
        "a subnet with at least 6 host addresses, such as 10.11.12.0/24, with all host bits zero; loopback, multicast, link-local and reserved addresses are not allowed";

    // "This host", loopback, multicast and reserved addresses; an IPv6 link-local address is valid only together with an interface.
    private static readonly IpSubnet[] s_notForHosts =
        [Parse("0.0.0.0/8"), Parse("127.0.0.0/8"), Parse("224.0.0.0/3"), Parse("::/127"), Parse("fe80::/10"), Parse("ff00::/8")];

    public AddressFamily Family => Network.BaseAddress.AddressFamily;

    /// <summary>The last address before the broadcast address.</summary>
    public IPAddress LastHost => Host(Size - 2);

    private BigInteger Size => BigInteger.One << (Family is AddressFamily.InterNetwork ? 32 : 128) - Network.PrefixLength;

    /// <summary>Parses any subnet, also one that containers cannot use.</summary>
    public static IpSubnet Parse(string text) => new(IPNetwork.Parse(text));

    /// <param name="text">A subnet that containers can use, such as <c>10.11.12.0/24</c> or <c>fd00:b0::/64</c>.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, out IpSubnet subnet)
    {
        var isNetwork = IPNetwork.TryParse(text, out var network);
        subnet = new(network);
        return isNetwork
            && TryParseAddress(text!.Split('/')[0], out var first) && first.Equals(network.BaseAddress)
            && subnet.Size >= 8
            && !s_notForHosts.Any(subnet.Overlaps);
    }

    /// <summary>Accepts an IPv4 address only with four numbers: .NET parses 10.11.12 as 10.11.0.12.</summary>
    public static bool TryParseAddress(string? text, [NotNullWhen(true)] out IPAddress? address) =>
        IPAddress.TryParse(text, out address) && (address.AddressFamily is AddressFamily.InterNetworkV6 || address.ToString() == text);

    /// <param name="number">1 for the first address after the network's own.</param>
    public IPAddress Host(BigInteger number)
    {
        var address = Network.BaseAddress.GetAddressBytes();
        var value = new BigInteger(address, isUnsigned: true, isBigEndian: true) + number;
        var significant = value.ToByteArray(isUnsigned: true, isBigEndian: true);
        significant.CopyTo(address, address.Length - significant.Length);
        return new IPAddress(address);
    }

    public bool Overlaps(IpSubnet other) => Network.Contains(other.Network.BaseAddress) || other.Network.Contains(Network.BaseAddress);

    /// <returns>The reason why a container or a gateway cannot have this address; null if it can.</returns>
    public string? Validate(IPAddress address) =>
        !Network.Contains(address) ? $"{address} is not in {this}"
        : address.Equals(Network.BaseAddress) ? $"{address} is the address of the network itself"
        : Family is AddressFamily.InterNetwork && address.Equals(Host(Size - 1)) ? $"{address} is the broadcast address of {this}"
        : null;

    public override string ToString() => Network.ToString();
}
