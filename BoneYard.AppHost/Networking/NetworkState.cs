using System.Net;

namespace BoneYard.Networking;

/// <summary>A network as the container runtime describes it.</summary>
/// <param name="Id">By which one is told from another that got its name since.</param>
internal sealed record NetworkState(
    string Id, string Name, string Driver, IReadOnlyList<(IpSubnet Subnet, IPAddress? Gateway)> Ranges, IReadOnlyDictionary<string, string> Labels)
{
    /// <summary>The containers on it, running or not, by their names.</summary>
    public IReadOnlyList<NetworkMember> Members { get; init; } = [];

    public bool Has(IpSubnet subnet, IPAddress gateway) => Ranges.Contains((subnet, gateway));

    public string Describe() => Ranges.Count == 0 ? "no subnet" : string.Join(", ", Ranges.Select(range => $"subnet {range.Subnet}, gateway {range.Gateway?.ToString() ?? "none"}"));
}

/// <summary>A container on a network, and its addresses there; none while it does not run.</summary>
internal sealed record NetworkMember(string Name, bool IsRunning, IReadOnlyList<IPAddress> Addresses, IReadOnlyDictionary<string, string> Labels)
{
    public override string ToString() => string.Join(' ', [Name, .. Addresses]);
}
