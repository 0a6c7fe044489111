using System.Net;
using System.Text.Json;
using BoneYard.Networking;
using Microsoft.Extensions.Logging.Abstractions;

namespace BoneYard.Tests.Infrastructure;

/// <summary>The network sitenet, the commands of a container runtime about it, and their output.</summary>
internal static class FakeNetwork
{
    public const string VersionCommand = "version|--format|{{.Client.APIVersion}}";
    public const string Inspect = "network|inspect|sitenet";
    public const string Members = "container|ls|--all|--quiet|--no-trunc|--filter|network=sitenet";
    public const string Remove = "network|rm|id-of-sitenet";

    public static ContainerNetworkManager Manager(FakeRuntime runtime, ContainerNetworkResource? network = null, params HostRoute[] routes) =>
        new(network ?? Network(), runtime, () => routes, NullLogger.Instance);

    public static ContainerNetworkResource Network(string subnet = "10.11.12.0/24", string gateway = "10.11.12.254") =>
        new("sitenet", "sitenet", IpSubnet.Parse(subnet), IPAddress.Parse(gateway)) { Containers = { [IPAddress.Parse("10.11.12.1")] = "sitedb" } };

    /// <summary>A Docker engine with the required version and without networks.</summary>
    public static FakeRuntime Docker() => new FakeRuntime().On(VersionCommand, "1.45");

    public static RuntimeResult Described(string subnet, string gateway, string owner = "") => new(0, $"[{Json("sitenet", subnet, gateway, owner)}]", "");

    public static string Json(string name, string subnet, string gateway, string owner = "") => JsonSerializer.Serialize(new
    {
        Id = $"id-of-{name}",
        Name = name,
        Driver = "bridge",
        IPAM = new { Config = new[] { new { Subnet = subnet, Gateway = gateway } } },
        Labels = Labels(owner),
    });

    public static string Containers(params (string Name, string Address, string Owner)[] containers) => JsonSerializer.Serialize(containers.Select(container => new
    {
        Name = $"/{container.Name}",
        State = new { Running = container.Address.Length > 0 },
        Config = new { Labels = Labels(container.Owner) },
        NetworkSettings = new { Networks = new Dictionary<string, object> { ["sitenet"] = new { IPAddress = container.Address, GlobalIPv6Address = "" } } },
    }));

    private static Dictionary<string, string> Labels(string owner) => owner.Length == 0 ? [] : new() { [OwnerLabel.Name] = owner };
}
