using System.Net;
using System.Net.NetworkInformation;

namespace BoneYard.Networking;

/// <summary>The networks that the host itself is in: a container network over one of them would cut the host off from it.</summary>
internal static class HostNetworks
{
    public static IReadOnlyList<(string Interface, IpSubnet Subnet)> All() =>
    [
        .. from network in NetworkInterface.GetAllNetworkInterfaces()
           where network.NetworkInterfaceType is not NetworkInterfaceType.Loopback
           from address in network.GetIPProperties().UnicastAddresses
           where !address.Address.IsIPv6LinkLocal && address.PrefixLength is > 0 and < 128
           let subnet = new IpSubnet(IPNetwork.Parse($"{BaseOf(address)}/{address.PrefixLength}"))
           select (network.Name, subnet),
    ];

    private static IPAddress BaseOf(UnicastIPAddressInformation address)
    {
        var bytes = address.Address.GetAddressBytes();

        for (var bit = address.PrefixLength; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        }

        return new IPAddress(bytes);
    }
}
