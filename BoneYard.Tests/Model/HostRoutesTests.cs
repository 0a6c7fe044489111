using BoneYard.Networking;

namespace BoneYard.Tests.Model;

public sealed class HostRoutesTests
{
    [Fact]
    public void The_routes_of_all_tables_are_read_except_default_and_rejected_routes_and_own_addresses()
    {
        const string Routes = """
            [{"dst":"default","gateway":"192.0.2.1","dev":"eth0","flags":[]},
             {"dst":"0.0.0.0/1","gateway":"10.8.0.1","dev":"tun0","flags":[]},
             {"dst":"128.0.0.0/1","gateway":"10.8.0.1","dev":"tun0","flags":[]},
             {"dst":"10.11.0.0/16","gateway":"10.8.0.1","dev":"tun0","flags":[]},
             {"dst":"192.0.2.0/24","dev":"eth0","protocol":"kernel","scope":"link","prefsrc":"192.0.2.2","flags":[]},
             {"dst":"10.10.10.11","gateway":"192.0.2.1","dev":"eth0","flags":[]},
             {"type":"unreachable","dst":"10.16.0.0/12","flags":[]},
             {"dst":"default","dev":"tailscale0","table":"52","flags":[]},
             {"dst":"100.64.0.7","dev":"tailscale0","table":"52","flags":[]},
             {"type":"throw","dst":"127.0.0.0/8","table":"52","flags":[]},
             {"dst":"10.12.0.0/16","table":"vpn","flags":[],"nexthops":[{"dev":"wg0","weight":1,"flags":[]},{"dev":"wg1","weight":1,"flags":[]}]},
             {"type":"local","dst":"127.0.0.0/8","dev":"lo","table":"local","protocol":"kernel","scope":"host","prefsrc":"127.0.0.1","flags":[]},
             {"type":"broadcast","dst":"192.0.2.255","dev":"eth0","table":"local","protocol":"kernel","scope":"link","prefsrc":"192.0.2.2","flags":[]}]
            """;

        Assert.Equal(
            ["tun0 10.11.0.0/16", "eth0 192.0.2.0/24", "eth0 10.10.10.11/32", "tailscale0 100.64.0.7/32", "several interfaces 10.12.0.0/16"],
            HostRoutes.Parse(Routes).Select(Text));
    }

    [Fact]
    public void IPv6_routes_are_read_except_default_link_local_and_multicast_routes_and_own_addresses()
    {
        const string Routes = """
            [{"dst":"fd00::/64","dev":"eth0","protocol":"kernel","metric":256,"flags":[],"pref":"medium"},
             {"dst":"fe80::/64","dev":"eth0","protocol":"kernel","metric":256,"flags":[],"pref":"medium"},
             {"dst":"fd00:b0::/48","gateway":"fd00::1","dev":"wg0","metric":1024,"flags":[],"pref":"medium"},
             {"dst":"fd00:b1::7","gateway":"fd00::1","dev":"wg0","metric":1024,"flags":[],"pref":"medium"},
             {"dst":"fc00::/7","gateway":"fd00::1","dev":"tun0","metric":1024,"flags":[],"pref":"medium"},
             {"dst":"default","gateway":"fd00::1","dev":"eth0","metric":1024,"flags":[],"pref":"medium"},
             {"dst":"ff00::/8","dev":"eth0","metric":256,"flags":[],"pref":"medium"},
             {"type":"unreachable","dst":"fd00:b2::/48","dev":"lo","metric":1024,"flags":[],"pref":"medium"},
             {"type":"local","dst":"fd00::2","dev":"eth0","table":"local","protocol":"kernel","metric":0,"flags":[],"pref":"medium"},
             {"type":"multicast","dst":"ff00::/8","dev":"eth0","table":"local","protocol":"kernel","metric":256,"flags":[],"pref":"medium"}]
            """;

        Assert.Equal(["eth0 fd00::/64", "wg0 fd00:b0::/48", "wg0 fd00:b1::7/128"], HostRoutes.Parse(Routes).Select(Text));
    }

    [Fact]
    public void Without_ip_the_subnets_of_the_addresses_of_the_host_are_used()
    {
        var routes = HostRoutes.OfInterfaces().ToArray();

        Assert.NotEmpty(routes);
        Assert.DoesNotContain(routes, route => route.Subnet.ToString() is "127.0.0.0/8" or "::1/128" or "fe80::/64");
    }

    private static string Text(HostRoute route) => $"{route.Interface} {route.Subnet}";
}
