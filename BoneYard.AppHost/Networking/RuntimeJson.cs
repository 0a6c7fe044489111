using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace BoneYard.Networking;

/// <summary>Reads the JSON output of docker, podman and ip. Podman writes the property names of a network in lower case.</summary>
[JsonSourceGenerationOptions(PropertyNameCaseInsensitive = true)]
[JsonSerializable(typeof(NetworkState[]))]
[JsonSerializable(typeof(ContainerState[]))]
[JsonSerializable(typeof(Route[]))]
internal sealed partial class RuntimeJson : JsonSerializerContext
{
    /// <param name="json">The output of <c>network inspect</c>.</param>
    public static NetworkState[] Networks(string json) => JsonSerializer.Deserialize(json, Default.NetworkStateArray) ?? [];

    /// <param name="json">The output of <c>container inspect</c>.</param>
    /// <returns>The containers that are attached to the network, by name.</returns>
    public static NetworkMember[] Members(string json, string network) =>
    [
        .. from container in JsonSerializer.Deserialize(json, Default.ContainerStateArray) ?? []
           let attachment = container.NetworkSettings.Networks?.GetValueOrDefault(network)
           where attachment is not null
           let addresses = new[] { attachment.IPAddress, attachment.GlobalIPv6Address }.Where(text => !string.IsNullOrEmpty(text)).Select(text => IPAddress.Parse(text!))
           orderby container.Name
           select new NetworkMember(container.Name.TrimStart('/'), container.State.Running, [.. addresses], OwnerLabel.OwnerIn(container.Config.Labels)),
    ];

    /// <param name="json">The output of <c>ip -json route</c>.</param>
    public static Route[] Routes(string json) => JsonSerializer.Deserialize(json, Default.RouteArray) ?? [];
}

internal sealed record Route(string? Type, string Dst, string? Dev);
internal sealed record ContainerState(string Name, RunState State, ContainerConfiguration Config, AttachmentSettings NetworkSettings);
internal sealed record RunState(bool Running);
internal sealed record ContainerConfiguration(Dictionary<string, string>? Labels);
internal sealed record AttachmentSettings(Dictionary<string, Attachment>? Networks);
internal sealed record Attachment(string? IPAddress, string? GlobalIPv6Address);
internal sealed record IpamSettings(SubnetState[]? Config);
internal sealed record SubnetState(string Subnet, string? Gateway);

/// <param name="Id">Distinguishes the network from a later one that has its name.</param>
/// <param name="Ipam">The subnets of a Docker network.</param>
/// <param name="Subnets">The subnets of a Podman network.</param>
internal sealed record NetworkState(string Id, string Name, IpamSettings? Ipam, SubnetState[]? Subnets, Dictionary<string, string>? Labels)
{
    /// <summary>The attached containers, running or not, by name.</summary>
    [JsonIgnore]
    public IReadOnlyList<NetworkMember> Members { get; init; } = [];

    [JsonIgnore]
    public Owner Owner => OwnerLabel.OwnerIn(Labels);

    private SubnetState[] Ranges => Ipam?.Config ?? Subnets ?? [];

    public bool Has(IpSubnet subnet, IPAddress gateway) => Ranges.Any(range => range.Subnet == $"{subnet}" && range.Gateway == $"{gateway}");

    public bool Overlaps(IpSubnet subnet) => Ranges.Any(range => IPNetwork.TryParse(range.Subnet, out var other) && subnet.Overlaps(new IpSubnet(other)));

    public override string ToString() =>
        Ranges is [] ? "no subnet" : string.Join(", ", Ranges.Select(range => $"subnet {range.Subnet}, gateway {range.Gateway ?? "none"}"));
}

/// <param name="Addresses">The addresses on the network; empty while the container does not run.</param>
internal sealed record NetworkMember(string Name, bool IsRunning, IReadOnlyList<IPAddress> Addresses, Owner Owner)
{
    public override string ToString() => string.Join(' ', [Name, .. Addresses]);
}
