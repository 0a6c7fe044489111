using System.Net;
using System.Security.Cryptography;
using BoneYard.Networking;

namespace BoneYard.Tests.Infrastructure;

/// <summary>Volumes, network and secrets of one test's site: it shares nothing with another, nor with one under development.</summary>
internal sealed class IsolatedResources : IAsyncDisposable
{
    private readonly string[] _volumes;

    /// <param name="subnet">null takes an IPv4 one that is free.</param>
    public IsolatedResources(IpSubnet? subnet = null)
    {
        Network = NewName();
        Subnet = subnet ?? NewSubnet();
        _volumes = [$"{Network}-data", $"{Network}-media"];
    }

    /// <summary>What the container runtime calls the site's own network.</summary>
    public string Network { get; }

    public IpSubnet Subnet { get; }

    /// <summary>Where the database keeps its data.</summary>
    public string DataVolume => _volumes[0];

    /// <summary>What the AppHost is to be told of them.</summary>
    public string[] Arguments =>
    [
        $"--data-volume={DataVolume}", $"--media-volume={_volumes[1]}", $"--network={Network}", $"--subnet={Subnet}", .. NewSecrets(),
    ];

    public static string NewName() => $"boneyard-test-{RandomNumberGenerator.GetHexString(8, lowercase: true)}";

    /// <summary>
    /// Of the range for benchmarks and tests (RFC 2544), which no real network has: one of 8192 that no route leads to yet. With ten at
    /// once, two that are made at the same instant are the same in one run of 200.
    /// </summary>
    public static IpSubnet NewSubnet()
    {
        var taken = HostNetworks.All();

        while (true)
        {
            var subnet = Parse($"198.{18 + RandomNumberGenerator.GetInt32(2)}.{RandomNumberGenerator.GetInt32(256)}.{RandomNumberGenerator.GetInt32(16) * 16}/28");

            if (!taken.Any(route => route.Subnet.Overlaps(subnet)))
            {
                return subnet;
            }
        }
    }

    /// <summary>Of the unique local addresses (RFC 4193), whose 40 random bits are meant to differ from everybody's.</summary>
    public static IpSubnet NewIPv6Subnet()
    {
        var random = RandomNumberGenerator.GetHexString(10, lowercase: true);
        return Parse(IPNetwork.Parse($"fd{random[..2]}:{random[2..6]}:{random[6..]}::/64").ToString());
    }

    public static string[] NewSecrets() =>
        [.. new[] { "sitedb-password", "session-secret", "author-password" }.Select(name => $"--Parameters:{name}={RandomNumberGenerator.GetHexString(48, lowercase: true)}")];

    /// <returns>The networks and containers of the site that are there at this moment.</returns>
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

    private static IpSubnet Parse(string text) => IpSubnet.TryParse(text, out var subnet) ? subnet : throw new InvalidOperationException(text);
}
