using System.Globalization;
using System.Net;
using System.Numerics;
using System.Text.Json;

namespace BoneYard.Networking;

/// <summary>
/// The routes of a Linux host: a VPN has a route without having an address in it, and at times in a table of its own, which for
/// IPv4 the kernel tells to ip(8) alone.
/// </summary>
internal static class LinuxRoutes
{
    // A shorter prefix is no network but a default route, or a half of one, as VPNs write it to take precedence.
    private const int ShortestPrefix = 8;

    private const uint Reject = 0x0200;
    private const uint Local = 0x8000_0000;

    private static readonly IpSubnet s_linkLocal = new(IPNetwork.Parse("fe80::/10"));
    private static readonly IpSubnet s_multicast = new(IPNetwork.Parse("ff00::/8"));

    /// <param name="table">The text of <c>/proc/net/route</c>: interface, destination, gateway, flags, three counters, mask.</param>
    public static IEnumerable<(string Interface, IpSubnet Subnet)> ParseIPv4(string table) =>
        from line in table.Split('\n').Skip(1)
        let fields = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
        where fields.Length >= 8 && (Hex(fields[3]) & Reject) == 0
        let prefix = BitOperations.PopCount(Hex(fields[7]))
        where prefix >= ShortestPrefix
        // The kernel prints the bytes of an address as one number of this machine.
        select (fields[0], new IpSubnet(new IPNetwork(new IPAddress(BitConverter.GetBytes(Hex(fields[1]))), prefix)));

    /// <param name="table">The text of <c>/proc/net/ipv6_route</c>: destination, prefix, source, prefix, next hop, three counters, flags, interface.</param>
    public static IEnumerable<(string Interface, IpSubnet Subnet)> ParseIPv6(string table) =>
        from line in table.Split('\n')
        let fields = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
        where fields.Length >= 10 && (Hex(fields[8]) & (Reject | Local)) == 0
        let prefix = (int)Hex(fields[1])
        where prefix >= ShortestPrefix
        let subnet = new IpSubnet(new IPNetwork(new IPAddress(Convert.FromHexString(fields[0])), prefix))
        where !subnet.Overlaps(s_linkLocal) && !subnet.Overlaps(s_multicast)
        select (fields[9], subnet);

    /// <param name="json">What <c>ip -4 -json route show table all</c> prints; of the main table, as of the kernel's own, nothing is taken.</param>
    public static IEnumerable<(string Interface, IpSubnet Subnet)> ParseOtherTables(string json)
    {
        using var document = JsonDocument.Parse(json);
        return [.. document.RootElement.EnumerateArray().Select(OfOtherTable).OfType<(string, IpSubnet)>()];
    }

    private static (string Interface, IpSubnet Subnet)? OfOtherTable(JsonElement route)
    {
        var destination = Text("dst");

        return Text("table") is not (null or "main" or "local" or "default")
            && Text("type") is null or "unicast"
            && IPNetwork.TryParse(destination?.Contains('/', StringComparison.Ordinal) is true ? destination : $"{destination}/32", out var network)
            && network.PrefixLength >= ShortestPrefix
                ? (Text("dev") ?? "several interfaces", new IpSubnet(network))
                : null;

        string? Text(string name) => route.TryGetProperty(name, out var value) ? value.GetString() : null;
    }

    private static uint Hex(string digits) => uint.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
