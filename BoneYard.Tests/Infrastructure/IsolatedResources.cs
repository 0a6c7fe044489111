using System.Security.Cryptography;
using BoneYard.Networking;

namespace BoneYard.Tests.Infrastructure;

/// <summary>Volumes, network and secrets of a test's own site, which shares nothing with other sites.</summary>
internal sealed class IsolatedResources : IAsyncDisposable
{
    private readonly string[] _volumes;

    /// <param name="subnet">null uses a free IPv4 subnet.</param>
    public IsolatedResources(IpSubnet? subnet = null)
    {
        Network = NewName();
        Subnet = subnet ?? NewSubnet();
        _volumes = [$"{Network}-data", $"{Network}-media"];
    }

    /// <summary>The network's name in the container runtime.</summary>
    public string Network { get; }

    public IpSubnet Subnet { get; }

    /// <summary>The volume of the database.</summary>
    public string DataVolume => _volumes[0];

    /// <summary>The options that pass them to the AppHost.</summary>
    public string[] Arguments =>
    [
        $"--data-volume={DataVolume}", $"--media-volume={_volumes[1]}", $"--network={Network}", $"--subnet={Subnet}", .. NewSecrets(),
    ];

    public static string NewName() => $"boneyard-test-{RandomNumberGenerator.GetHexString(8, lowercase: true)}";

    /// <summary>
    /// One of 8192 subnets of the range for benchmarks (RFC 2544), which real networks do not use, to which the host has no route. With ten
    /// at once, two are the same in one run of 200.
    /// </summary>
    public static IpSubnet NewSubnet()
    {
        var taken = HostRoutes.All();

        while (true)
        {
            var subnet = IpSubnet.Parse($"198.{18 + RandomNumberGenerator.GetInt32(2)}.{RandomNumberGenerator.GetInt32(256)}.{RandomNumberGenerator.GetInt32(16) * 16}/28");

            if (!taken.Any(route => route.Subnet.Overlaps(subnet)))
            {
                return subnet;
            }
        }
    }

    /// <summary>A unique local subnet (RFC 4193): its 40 random bits make it unique.</summary>
    public static IpSubnet NewIPv6Subnet()
    {
        var random = RandomNumberGenerator.GetHexString(10, lowercase: true);
        return IpSubnet.Parse($"fd{random[..2]}:{random[2..6]}:{random[6..]}::/64");
    }

    public static string[] NewSecrets() =>
        [.. new[] { "sitedb-password", "session-secret", "author-password" }.Select(name => $"--Parameters:{name}={RandomNumberGenerator.GetHexString(48, lowercase: true)}")];

    /// <returns>The ids of the existing networks and containers of the site.</returns>
    public async Task<string[]> LeftAsync() =>
    [
        .. await ContainerEngine.ListAsync("network", "ls", "--quiet", "--filter", $"name={Network}"),
        .. await ContainerEngine.ListAsync("ps", "--all", "--quiet", "--filter", $"volume={DataVolume}"),
    ];

    public async ValueTask DisposeAsync()
    {
        foreach (var volume in _volumes)
        {
            await ContainerEngine.RunAsync("volume", "rm", "--force", volume);
        }
    }
}
