using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Numerics;

namespace BoneYard.Networking;

/// <summary>A range of addresses, IPv4 or IPv6, and which of them a container may have.</summary>
internal readonly record struct IpSubnet(IPNetwork Network)
{
    /// <summary>What <see cref="TryParse"/> takes, in words.</summary>
    public const string Allowed =
        "a subnet with room for at least 6 addresses, such as 10.11.12.0/24, with no bits beyond its prefix; not of loopback, multicast or link-local addresses";

    // Room for the network's own address, a gateway, two containers and the broadcast address.
    private const int LeastHostBits = 3;

    // "This host", loopback, multicast and what is reserved; link-local addresses of IPv6 mean nothing without an interface.
    private static readonly IpSubnet[] s_notForHosts =
        [.. new[] { "0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/3", "::/127", "fe80::/10", "ff00::/8" }.Select(text => new IpSubnet(IPNetwork.Parse(text)))];

    public AddressFamily Family => Network.BaseAddress.AddressFamily;

    /// <summary>The last address that is not the broadcast address: out of the way of those that are counted from 1.</summary>
    public IPAddress LastHost => At(Last - 1);

    private int Bits => Family is AddressFamily.InterNetwork ? 32 : 128;

    private BigInteger First => Number(Network.BaseAddress);

    private BigInteger Last => First + (BigInteger.One << (Bits - Network.PrefixLength)) - 1;

    /// <param name="text">As in <c>10.11.12.0/24</c> or <c>fd00:b0::/64</c>; bits beyond the prefix are not allowed, nor addresses that no host may have.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, out IpSubnet subnet)
    {
        var parsed = IPNetwork.TryParse(text, out var network);
        subnet = new(network);
        return parsed
            && TryParseAddress(text!.Split('/')[0], out var first) && first.Equals(network.BaseAddress)
            && network.PrefixLength > 0 && subnet.Bits - network.PrefixLength >= LeastHostBits
            && !s_notForHosts.Any(subnet.Overlaps);
    }

    /// <summary>Takes an IPv4 address in full only: the framework reads 10.11.12 as 10.11.0.12.</summary>
    public static bool TryParseAddress(string? text, [NotNullWhen(true)] out IPAddress? address) =>
        IPAddress.TryParse(text, out address) && (address.AddressFamily is AddressFamily.InterNetworkV6 || address.ToString() == text);

    /// <summary>The host of this number: 1 is the first after the network's own address.</summary>
    public IPAddress Host(int number) => At(First + number);

    public bool Overlaps(IpSubnet other) => Family == other.Family && First <= other.Last && other.First <= Last;

    /// <returns>Why a container or a gateway cannot have this address; null when it can.</returns>
    public string? Objection(IPAddress address) => address switch
    {
        _ when address.AddressFamily != Family || !Network.Contains(address) => $"{address} is not in {this}",
        _ when Number(address) == First => $"{address} is the address of the network itself",
        _ when Family is AddressFamily.InterNetwork && Number(address) == Last => $"{address} is the broadcast address of {this}",
        _ => null,
    };

    public override string ToString() => Network.ToString();

    private static BigInteger Number(IPAddress address) => new(address.GetAddressBytes(), isUnsigned: true, isBigEndian: true);

    private IPAddress At(BigInteger number)
    {
        Span<byte> bytes = stackalloc byte[Bits / 8];
        var written = number.ToByteArray(isUnsigned: true, isBigEndian: true);
        written.CopyTo(bytes[(bytes.Length - written.Length)..]);
        return new IPAddress(bytes);
    }
}
