using System.Security.Cryptography;
using BoneYard.Networking;

namespace BoneYard.Tests.Infrastructure;

/// <summary>Volumes, network and secrets of one test's site: it shares nothing with another, nor with one under development.</summary>
internal sealed class OwnResources : IAsyncDisposable
{
    private readonly string[] _volumes;

    public OwnResources()
    {
        Network = $"boneyard-test-{RandomNumberGenerator.GetHexString(8, lowercase: true)}";
        Subnet = NewSubnet();
        _volumes = [$"{Network}-data", $"{Network}-media"];
    }

    /// <summary>What the container runtime calls the site's own network.</summary>
    public string Network { get; }

    public IpSubnet Subnet { get; }

    /// <summary>What the AppHost is to be told of them.</summary>
    public string[] Arguments =>
    [
        $"--data-volume={_volumes[0]}", $"--media-volume={_volumes[1]}", $"--network={Network}", $"--subnet={Subnet}", .. NewSecrets(),
    ];

    public static string[] NewSecrets() =>
        [.. new[] { "sitedb-password", "session-secret", "author-password" }.Select(name => $"--Parameters:{name}={RandomNumberGenerator.GetHexString(48, lowercase: true)}")];

    public async ValueTask DisposeAsync()
    {
        foreach (var volume in _volumes)
        {
            await ContainerEngine.RunAsync("volume", "rm", "--force", volume);
        }
    }

    // Of the range for benchmarks and tests (RFC 2544), which no real network has.
    private static IpSubnet NewSubnet() =>
        IpSubnet.TryParse($"198.18.{RandomNumberGenerator.GetInt32(256)}.{RandomNumberGenerator.GetInt32(16) * 16}/28", out var subnet) ? subnet : throw new InvalidOperationException();
}
