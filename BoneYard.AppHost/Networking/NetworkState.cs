using System.Net;
using System.Text.Json;

namespace BoneYard.Networking;

/// <summary>A network as the container runtime describes it.</summary>
internal sealed record NetworkState(
    string Name, string Driver, IReadOnlyList<(IpSubnet Subnet, IPAddress? Gateway)> Ranges, IReadOnlyDictionary<string, string> Labels, IReadOnlyDictionary<string, string> Members)
{
    /// <param name="json">What <c>network inspect</c> prints: Docker and Podman name the same things differently.</param>
    public static IReadOnlyList<NetworkState> Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        return [.. document.RootElement.EnumerateArray().Select(Read)];
    }

    public bool Has(IpSubnet subnet, IPAddress gateway) => Ranges.Contains((subnet, gateway));

    public string Describe() => string.Join(", ", Ranges.Select(range => $"subnet {range.Subnet}, gateway {range.Gateway?.ToString() ?? "none"}")) is { Length: > 0 } text ? text : "no subnet";

    private static NetworkState Read(JsonElement network)
    {
        var ranges = Property(network, "IPAM") is { } ipam ? Property(ipam, "Config") : Property(network, "subnets");

        return new(
            Property(network, "Name")!.Value.GetString()!,
            Property(network, "Driver")?.GetString() ?? "",
            [.. Items(ranges).Select(Range).OfType<(IpSubnet, IPAddress?)>()],
            Texts(Property(network, "Labels")),
            ReadMembers(Property(network, "Containers")));
    }

    private static (IpSubnet, IPAddress?)? Range(JsonElement range) =>
        IpSubnet.TryParse(Property(range, "Subnet")?.GetString(), out var subnet)
            ? (subnet, IPAddress.TryParse(Property(range, "Gateway")?.GetString(), out var gateway) ? gateway : null)
            : null;

    private static Dictionary<string, string> ReadMembers(JsonElement? containers) =>
        containers is { ValueKind: JsonValueKind.Object } all
            ? all.EnumerateObject().ToDictionary(
                container => Property(container.Value, "Name")?.GetString() ?? container.Name,
                container => (Property(container.Value, "IPv4Address")?.GetString() is { Length: > 0 } address ? address : Property(container.Value, "IPv6Address")?.GetString() ?? "").Split('/')[0])
            : [];

    private static Dictionary<string, string> Texts(JsonElement? element) =>
        element is { ValueKind: JsonValueKind.Object } all ? all.EnumerateObject().ToDictionary(label => label.Name, label => label.Value.GetString() ?? "") : [];

    private static IEnumerable<JsonElement> Items(JsonElement? element) =>
        element is { ValueKind: JsonValueKind.Array } all ? all.EnumerateArray() : [];

    private static JsonElement? Property(JsonElement element, string name)
    {
        foreach (var property in element.EnumerateObject())
        {
            if (property.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return property.Value;
            }
        }

        return null;
    }
}
