using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Net.NetworkInformation;

namespace BoneYard.Networking;

/// <summary>The networks that the host itself reaches: a container network over one of them would cut the host off from it.</summary>
internal static class HostNetworks
{
    private const string IPv4Routes = "/proc/net/route";
    private const string IPv6Routes = "/proc/net/ipv6_route";

    /// <summary>Of Linux all routes but the default ones; of another system, the networks in which it has an address.</summary>
    public static IReadOnlyList<(string Interface, IpSubnet Subnet)> All() => OperatingSystem.IsLinux()
        ? [.. LinuxRoutes.ParseIPv4(TextOf(IPv4Routes)), .. LinuxRoutes.ParseOtherTables(OtherIPv4Routes()), .. LinuxRoutes.ParseIPv6(TextOf(IPv6Routes))]
        : [.. OfInterfaces()];

    /// <summary>A kernel without IPv6 has no table of it.</summary>
    private static string TextOf(string table) => File.Exists(table) ? File.ReadAllText(table) : "";

    /// <summary>As JSON. A host without ip(8), or with one that knows no JSON, is taken to have no other tables.</summary>
    private static string OtherIPv4Routes()
    {
        try
        {
            using var ip = Process.Start(new ProcessStartInfo("ip", ["-4", "-json", "route", "show", "table", "all"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var json = ip.StandardOutput.ReadToEnd();
            ip.WaitForExit();
            return ip.ExitCode == 0 && json.StartsWith('[') ? json : "[]";
        }
        catch (Win32Exception)
        {
            return "[]";
        }
    }

    private static IEnumerable<(string Interface, IpSubnet Subnet)> OfInterfaces() =>
        from network in NetworkInterface.GetAllNetworkInterfaces()
        where network.NetworkInterfaceType is not NetworkInterfaceType.Loopback
        from address in network.GetIPProperties().UnicastAddresses
        where !address.Address.IsIPv6LinkLocal && address.PrefixLength is > 0 and < 128
        select (network.Name, new IpSubnet(new IPNetwork(BaseOf(address), address.PrefixLength)));

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
