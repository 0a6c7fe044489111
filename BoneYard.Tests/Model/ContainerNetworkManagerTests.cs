using System.Net;
using System.Text.Json;
using BoneYard.Networking;
using BoneYard.Tests.Infrastructure;
using Microsoft.Extensions.Logging.Abstractions;

namespace BoneYard.Tests.Model;

public sealed class ContainerNetworkManagerTests
{
    private const string Owner = "/home/someone/BoneYard.AppHost";
    private const string Inspect = "network|inspect|sitenet";
    private const string List = "network|ls|--format|{{.Name}}";
    private const string Create = $"network|create|--driver|bridge|--subnet|10.11.12.0/24|--gateway|10.11.12.254|--label|boneyard.network.owner={Owner}|sitenet";
    private const string Remove = "network|rm|sitenet";

    private static readonly RuntimeResult s_done = new(0, "", "");
    private static readonly RuntimeResult s_notFound = new(1, "[]", "Error response from daemon: network sitenet not found");

    [Fact]
    public async Task A_network_that_is_not_there_is_made()
    {
        var runtime = new FakeRuntime().Answer(List, s_done).Answer(Create, s_done);

        Assert.True(await EnsureAsync(runtime));
        Assert.Equal([Inspect, List, Create], runtime.Asked);
    }

    [Fact]
    public async Task An_IPv6_network_is_made_as_one()
    {
        var runtime = new FakeRuntime().Answer(List, s_done)
            .Answer($"network|create|--driver|bridge|--ipv6|--subnet|fd00:b0::/64|--gateway|fd00:b0::ff|--label|boneyard.network.owner={Owner}|sitenet", s_done);

        Assert.True(await EnsureAsync(runtime, Network("fd00:b0::/64", "fd00:b0::ff")));
    }

    [Fact]
    public async Task One_that_is_the_same_is_reused_and_left_at_the_end()
    {
        var runtime = new FakeRuntime().Answer(Inspect, Docker("sitenet", "10.11.12.0/24", "10.11.12.254"));

        Assert.False(await EnsureAsync(runtime));
        Assert.Equal([Inspect], runtime.Asked);
    }

    [Fact]
    public async Task One_of_an_earlier_start_that_was_killed_is_taken_over()
    {
        var runtime = new FakeRuntime().Answer(Inspect, Docker("sitenet", "10.11.12.0/24", "10.11.12.254", Owner));

        Assert.True(await EnsureAsync(runtime));
    }

    [Fact]
    public async Task A_foreign_one_that_differs_is_never_touched()
    {
        var runtime = new FakeRuntime().Answer(Inspect, Docker("sitenet", "10.11.13.0/24", "10.11.13.1"));

        var refusal = await Assert.ThrowsAsync<DistributedApplicationException>(() => EnsureAsync(runtime));

        Assert.Equal(
            "There is a network 'sitenet' with subnet 10.11.13.0/24, gateway 10.11.13.1; wanted are subnet 10.11.12.0/24, gateway 10.11.12.254. Choose another name with --network, or remove that one: docker network rm sitenet",
            refusal.Message);
        Assert.Equal([Inspect], runtime.Asked);
    }

    [Fact]
    public async Task An_own_one_that_differs_is_made_anew()
    {
        var runtime = new FakeRuntime()
            .Answer(Inspect, Docker("sitenet", "10.11.13.0/24", "10.11.13.1", Owner), s_notFound)
            .Answer(Remove, s_done).Answer(List, s_done).Answer(Create, s_done);

        Assert.True(await EnsureAsync(runtime));
        Assert.Equal([Inspect, Remove, Inspect, List, Create], runtime.Asked);
    }

    [Fact]
    public async Task A_container_network_in_the_way_is_named()
    {
        var runtime = new FakeRuntime()
            .Answer(List, new RuntimeResult(0, "bridge\nother", ""))
            .Answer("network|inspect|bridge|other", new RuntimeResult(0, $"[{Json("bridge", "172.17.0.0/16", "172.17.0.1")},{Json("other", "10.11.0.0/16", "10.11.0.1")}]", ""));

        var refusal = await Assert.ThrowsAsync<DistributedApplicationException>(() => EnsureAsync(runtime));

        Assert.Equal("Subnet 10.11.12.0/24 of network 'sitenet' overlaps with container network 'other' (10.11.0.0/16). Choose another with --subnet.", refusal.Message);
    }

    [Fact]
    public async Task A_network_of_the_host_in_the_way_is_named()
    {
        var runtime = new FakeRuntime().Answer(List, s_done);

        var refusal = await Assert.ThrowsAsync<DistributedApplicationException>(() => EnsureAsync(runtime, host: ("eth0", "10.0.0.0/8")));

        Assert.Equal("Subnet 10.11.12.0/24 of network 'sitenet' overlaps with interface eth0 of this host (10.0.0.0/8). Choose another with --subnet.", refusal.Message);
    }

    [Fact]
    public async Task A_network_that_another_was_quicker_to_make_is_reused()
    {
        var runtime = new FakeRuntime()
            .Answer(Inspect, s_notFound, Docker("sitenet", "10.11.12.0/24", "10.11.12.254"))
            .Answer(List, s_done).Answer(Create, new RuntimeResult(1, "", "network with name sitenet already exists"));

        Assert.False(await EnsureAsync(runtime));
    }

    [Fact]
    public async Task What_the_runtime_says_of_a_failure_is_passed_on()
    {
        var runtime = new FakeRuntime().Answer(List, s_done).Answer(Create, new RuntimeResult(1, "", "no room for another bridge"));

        var failure = await Assert.ThrowsAsync<DistributedApplicationException>(() => EnsureAsync(runtime));

        Assert.Equal("Network 'sitenet' could not be made: no room for another bridge", failure.Message);
    }

    [Fact]
    public async Task An_engine_that_does_not_answer_is_no_missing_network()
    {
        var runtime = new FakeRuntime().Answer(Inspect, new RuntimeResult(1, "", "Cannot connect to the Docker daemon"));

        var failure = await Assert.ThrowsAsync<DistributedApplicationException>(() => EnsureAsync(runtime));

        Assert.Equal("docker could not be asked for network 'sitenet': Cannot connect to the Docker daemon", failure.Message);
    }

    [Fact]
    public async Task A_network_in_use_is_not_removed()
    {
        var runtime = new FakeRuntime().Answer(Inspect, Docker("sitenet", "10.11.12.0/24", "10.11.12.254", Owner, "siteblog-abc"));

        var reason = await Manager(runtime).RemoveAsync(Network(), NullLogger.Instance, TestContext.Current.CancellationToken);

        Assert.Equal("Network 'sitenet' is in use by siteblog-abc. Stop them first.", reason);
        Assert.Equal([Inspect], runtime.Asked);
    }

    [Fact]
    public async Task A_network_that_nobody_uses_is_removed()
    {
        var runtime = new FakeRuntime().Answer(Inspect, Docker("sitenet", "10.11.12.0/24", "10.11.12.254", Owner)).Answer(Remove, s_done);

        Assert.Null(await Manager(runtime).RemoveAsync(Network(), NullLogger.Instance, TestContext.Current.CancellationToken));
        Assert.Equal([Inspect, Remove], runtime.Asked);
    }

    [Fact]
    public async Task Podman_describes_a_network_in_its_own_words()
    {
        const string Podman = """[{"name":"sitenet","driver":"bridge","subnets":[{"subnet":"10.11.12.0/24","gateway":"10.11.12.254"}],"labels":{},"containers":{}}]""";
        var runtime = new FakeRuntime("podman").Answer(Inspect, new RuntimeResult(0, Podman, ""));

        Assert.False(await EnsureAsync(runtime));
    }

    [Theory]
    [InlineData("docker", "10.11.12.3", "name=sitenet,ip=10.11.12.3,alias=sitewww.sitenet")]
    [InlineData(null, "10.11.12.3", "name=sitenet,ip=10.11.12.3,alias=sitewww.sitenet")]
    [InlineData("podman", "10.11.12.3", "sitenet:ip=10.11.12.3,alias=sitewww.sitenet")]
    [InlineData("docker", "fd00:b0::3", "name=sitenet,ip6=fd00:b0::3,alias=sitewww.sitenet")]
    [InlineData("podman", "fd00:b0::3", "sitenet:ip6=fd00:b0::3,alias=sitewww.sitenet")]
    public void A_container_is_attached_in_the_words_of_the_runtime(string? runtime, string address, string argument)
    {
        Assert.Equal(argument, ContainerNetworkExtensions.Attachment(runtime, Network(), new ContainerResource("sitewww"), IPAddress.Parse(address)));
    }

    [Theory]
    [InlineData("10.11.12.254", "The address of 'c' on network 'sitenet' cannot be 10.11.12.254: it is the gateway's. Choose another.")]
    [InlineData("10.11.12.0", "The address of 'c' on network 'sitenet' cannot be 10.11.12.0: 10.11.12.0 is the address of the network itself. Choose another.")]
    [InlineData("10.11.12.255", "The address of 'c' on network 'sitenet' cannot be 10.11.12.255: 10.11.12.255 is the broadcast address of 10.11.12.0/24. Choose another.")]
    [InlineData("10.11.13.1", "The address of 'c' on network 'sitenet' cannot be 10.11.13.1: 10.11.13.1 is not in 10.11.12.0/24. Choose another.")]
    [InlineData("ten", "The address of 'c' on network 'sitenet' is 'ten', which is no IP address. Give one of 10.11.12.0/24.")]
    [InlineData("10.11.12", "The address of 'c' on network 'sitenet' is '10.11.12', which is no IP address. Give one of 10.11.12.0/24.")]
    public void An_address_that_cannot_be_had_is_refused_when_it_is_declared(string address, string message)
    {
        var builder = DistributedApplication.CreateBuilder(["--ASPIRE_ALLOW_UNSECURED_TRANSPORT=true"]);
        var network = builder.AddContainerNetwork("sitenet", "10.11.12.0/24");

        Assert.Equal(message, Assert.Throws<DistributedApplicationException>(() => builder.AddContainer("c", "image").WithNetwork(network, address)).Message);
    }

    [Fact]
    public void Two_containers_with_one_address_are_refused_before_the_start()
    {
        var builder = DistributedApplication.CreateBuilder(["--ASPIRE_ALLOW_UNSECURED_TRANSPORT=true"]);
        var network = builder.AddContainerNetwork("sitenet", "10.11.12.0/24");
        builder.AddContainer("a", "image").WithNetwork(network, "10.11.12.1");
        builder.AddContainer("b", "image").WithNetwork(network, "10.11.12.1");

        var refusal = Assert.Throws<DistributedApplicationException>(() => ContainerNetworkExtensions.EnsureAddressesDiffer(network.Resource, builder.Resources));

        Assert.Equal("'a' and 'b' have the same address 10.11.12.1 on network 'sitenet'. Give each its own.", refusal.Message);
    }

    private static Task<bool> EnsureAsync(FakeRuntime runtime, ContainerNetworkResource? network = null, (string Interface, string Subnet)? host = null) =>
        Manager(runtime, host).EnsureAsync(network ?? Network(), NullLogger.Instance, TestContext.Current.CancellationToken);

    private static ContainerNetworkManager Manager(FakeRuntime runtime, (string Interface, string Subnet)? host = null) =>
        new(runtime, Owner, () => host is { } found ? [(found.Interface, Subnet(found.Subnet))] : []);

    private static ContainerNetworkResource Network(string subnet = "10.11.12.0/24", string gateway = "10.11.12.254") =>
        new("sitenet", "sitenet", Subnet(subnet), IPAddress.Parse(gateway));

    private static IpSubnet Subnet(string text) => IpSubnet.TryParse(text, out var subnet) ? subnet : throw new ArgumentException(text);

    private static RuntimeResult Docker(string name, string subnet, string gateway, string owner = "", string member = "") =>
        new(0, $"[{Json(name, subnet, gateway, owner, member)}]", "");

    private static string Json(string name, string subnet, string gateway, string owner = "", string member = "") => JsonSerializer.Serialize(new
    {
        Name = name,
        Driver = "bridge",
        IPAM = new { Config = new[] { new { Subnet = subnet, Gateway = gateway } } },
        Labels = owner.Length == 0 ? [] : new Dictionary<string, string> { [ContainerNetworkManager.OwnerLabel] = owner },
        Containers = member.Length == 0 ? [] : new Dictionary<string, object> { ["0123"] = new { Name = member, IPv4Address = "10.11.12.2/24" } },
    });
}
