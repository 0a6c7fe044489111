using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Net.NetworkInformation;

namespace BoneYard.Networking;

/// <summary>A subnet that the host reaches through one of its interfaces.</summary>
internal sealed record HostRoute(IpSubnet Subnet, string Interface);

/// <summary>The routes of the host. A container network with the same addresses would make their destinations unreachable.</summary>
internal static class HostRoutes
{
    // A shorter prefix is a default route, or a part of one: VPNs split it to take precedence.
    private const int ShortestPrefix = 8;

    /// <summary>On Linux every route except default routes; on other systems, and without ip(8), the subnets of the host's own addresses.</summary>
    public static IReadOnlyList<HostRoute> All() =>
        [.. OperatingSystem.IsLinux() && RunIp() is { } json ? Parse(json) : OfInterfaces()];

    /// <param name="json">The output of <c>ip -json route show table all</c>: both address families, and the tables that VPNs add.</param>
    public static IEnumerable<HostRoute> Parse(string json) =>
        from route in RuntimeJson.Routes(json)
        // Host addresses, broadcast, multicast and rejected destinations have types of their own.
        where route.Type is null or "unicast"
        let subnet = SubnetOf(route.Dst)
        where subnet is { Network: { PrefixLength: >= ShortestPrefix, BaseAddress: { IsIPv6LinkLocal: false, IsIPv6Multicast: false } } }
        select new HostRoute(subnet.Value, route.Dev ?? "several interfaces");

    private static IpSubnet? SubnetOf(string destination) =>
        IPNetwork.TryParse(destination, out var network) ? new IpSubnet(network)
        : IPAddress.TryParse(destination, out var host) ? new IpSubnet(new IPNetwork(host, host.GetAddressBytes().Length * 8))
        : null;

    /// <returns>null without ip(8), or with one that has no JSON output, such as BusyBox's.</returns>
    private static string? RunIp()
    {
        try
        {
            string[] arguments = ["-json", "route", "show", "table", "all"];
            using var ip = Process.Start(new ProcessStartInfo("ip", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var json = ip.StandardOutput.ReadToEnd();
            ip.WaitForExit();
            return ip.ExitCode == 0 && json.StartsWith('[') ? json : null;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    internal static IEnumerable<HostRoute> OfInterfaces() =>
        from network in NetworkInterface.GetAllNetworkInterfaces()
        where network.NetworkInterfaceType is not NetworkInterfaceType.Loopback
        from address in network.GetIPProperties().UnicastAddresses
        where !address.Address.IsIPv6LinkLocal && address.PrefixLength is >= ShortestPrefix and < 128
        select new HostRoute(new IpSubnet(new IPNetwork(address.Address, address.PrefixLength)), network.Name);
}
