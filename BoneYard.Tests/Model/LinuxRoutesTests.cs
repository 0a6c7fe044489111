using BoneYard.Networking;

namespace BoneYard.Tests.Model;

public sealed class LinuxRoutesTests
{
    [Fact]
    public void The_networks_of_a_host_and_of_its_VPN_are_read_and_what_leads_everywhere_or_nowhere_is_not()
    {
        const string Table = """
            Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
            eth0	00000000	010200C0	0003	0	0	0	00000000	0	0	0
            tun0	00000000	0100080A	0003	0	0	0	00000080	0	0	0
            tun0	00000080	0100080A	0003	0	0	0	00000080	0	0	0
            tun0	00000B0A	0100080A	0003	0	0	0	0000FFFF	0	0	0
            eth0	000200C0	00000000	0001	0	0	0	00FFFFFF	0	0	0
            eth0	0B0A0A0A	010200C0	0007	0	0	0	FFFFFFFF	0	0	0
            *	0000100A	00000000	0201	0	0	0	0000F0FF	0	0	0

            """;

        Assert.Equal(["tun0 10.11.0.0/16", "eth0 192.0.2.0/24", "eth0 10.10.10.11/32"], LinuxRoutes.ParseIPv4(Table).Select(Text));
    }

    [Fact]
    public void Of_IPv6_neither_link_local_nor_multicast_routes_nor_own_addresses_are_networks()
    {
        const string Table = """
            fd000000000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0
            fe800000000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000002 00000000 00000001     eth0
            fd0000b0000000000000000000000000 30 00000000000000000000000000000000 00 fd000000000000000000000000000001 00000400 00000002 00000000 00000003      wg0
            fc000000000000000000000000000000 07 00000000000000000000000000000000 00 fd000000000000000000000000000001 00000400 00000002 00000000 00000003     tun0
            00000000000000000000000000000000 00 00000000000000000000000000000000 00 fd000000000000000000000000000001 00000400 00000002 00000000 00000003     eth0
            00000000000000000000000000000001 80 00000000000000000000000000000000 00 00000000000000000000000000000000 00000000 00000002 00000000 80200001       lo
            fd000000000000000000000000000002 80 00000000000000000000000000000000 00 00000000000000000000000000000000 00000000 00000003 00000000 80200001     eth0
            ff000000000000000000000000000000 08 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000002 00000000 00000001     eth0
            00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo

            """;

        Assert.Equal(["eth0 fd00::/64", "wg0 fd00:b0::/48"], LinuxRoutes.ParseIPv6(Table).Select(Text));
    }

    [Fact]
    public void A_VPN_may_have_a_table_of_its_own()
    {
        const string Routes = """
            [{"dst":"default","dev":"tailscale0","table":"52","flags":[]},
             {"dst":"10.11.0.0/16","dev":"tailscale0","table":"52","flags":[]},
             {"type":"throw","dst":"127.0.0.0/8","table":"52","flags":[]},
             {"dst":"100.64.0.7","dev":"tailscale0","table":"52","flags":[]},
             {"dst":"10.12.0.0/16","table":"vpn","flags":[],"nexthops":[{"dev":"wg0","weight":1,"flags":[]},{"dev":"wg1","weight":1,"flags":[]}]},
             {"dst":"192.0.2.0/24","dev":"eth0","protocol":"kernel","scope":"link","prefsrc":"192.0.2.2","flags":[]},
             {"type":"local","dst":"127.0.0.0/8","dev":"lo","table":"local","protocol":"kernel","scope":"host","prefsrc":"127.0.0.1","flags":[]}]
            """;

        Assert.Equal(["tailscale0 10.11.0.0/16", "tailscale0 100.64.0.7/32", "several interfaces 10.12.0.0/16"], LinuxRoutes.ParseOtherTables(Routes).Select(Text));
    }

    private static string Text((string Interface, IpSubnet Subnet) route) => $"{route.Interface} {route.Subnet}";
}
