using System.Net;
using System.Text.Json;

namespace BoneYard.Networking;

/// <summary>Reads what <c>inspect</c> prints: Docker and Podman name the same things in upper and lower case, and at other places.</summary>
internal static class RuntimeJson
{
    /// <param name="json">Of <c>network inspect</c>.</param>
    public static IReadOnlyList<NetworkState> Networks(string json)
    {
        using var document = JsonDocument.Parse(json);
        return [.. document.RootElement.EnumerateArray().Select(NetworkOf)];
    }

    /// <param name="json">Of <c>container inspect</c>.</param>
    /// <returns>Those that are on the network of this name.</returns>
    public static IReadOnlyList<NetworkMember> Members(string json, string network)
    {
        using var document = JsonDocument.Parse(json);
        return [.. document.RootElement.EnumerateArray().Select(container => MemberOf(container, network)).OfType<NetworkMember>().OrderBy(member => member.Name, StringComparer.Ordinal)];
    }

    private static NetworkState NetworkOf(JsonElement network) => new(
        Text(network, "Id"),
        Text(network, "Name"),
        Text(network, "Driver"),
        [.. Items(Property(network, "IPAM", "Config") ?? Property(network, "subnets")).Select(RangeOf).OfType<(IpSubnet, IPAddress?)>()],
        Texts(Property(network, "Labels")));

    private static (IpSubnet, IPAddress?)? RangeOf(JsonElement range) =>
        IPNetwork.TryParse(Text(range, "Subnet"), out var subnet)
            ? (new IpSubnet(subnet), IPAddress.TryParse(Text(range, "Gateway"), out var gateway) ? gateway : null)
            : null;

    private static NetworkMember? MemberOf(JsonElement container, string network) =>
        Property(container, "NetworkSettings", "Networks", network) is { } attachment
            ? new(
                Text(container, "Name").TrimStart('/'),
                Property(container, "State", "Running") is { ValueKind: JsonValueKind.True },
                AddressesIn(attachment),
                Texts(Property(container, "Config", "Labels")))
            : null;

    private static IPAddress[] AddressesIn(JsonElement attachment) =>
    [
        .. new[] { "IPAddress", "GlobalIPv6Address" }
            .Select(name => IPAddress.TryParse(Text(attachment, name), out var address) ? address : null)
            .OfType<IPAddress>(),
    ];

    private static Dictionary<string, string> Texts(JsonElement? element) =>
        element is { ValueKind: JsonValueKind.Object } all ? all.EnumerateObject().ToDictionary(label => label.Name, label => label.Value.GetString() ?? "") : [];

    private static IEnumerable<JsonElement> Items(JsonElement? element) =>
        element is { ValueKind: JsonValueKind.Array } all ? all.EnumerateArray() : [];

    private static string Text(JsonElement? element, string name) => Property(element, name)?.GetString() ?? "";

    /// <summary>Goes down a path of names, in whichever case they are written.</summary>
    private static JsonElement? Property(JsonElement? element, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            element = element is { ValueKind: JsonValueKind.Object } parent ? Child(parent, name) : null;
        }

        return element;

        static JsonElement? Child(JsonElement parent, string name)
        {
            foreach (var property in parent.EnumerateObject())
            {
                if (property.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                {
                    return property.Value;
                }
            }

            return null;
        }
    }
}
