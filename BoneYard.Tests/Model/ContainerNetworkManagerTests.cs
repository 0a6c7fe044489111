using BoneYard.Networking;
using BoneYard.Tests.Infrastructure;
using static BoneYard.Tests.Infrastructure.FakeNetwork;

namespace BoneYard.Tests.Model;

public sealed class ContainerNetworkManagerTests
{
    private const string List = "network|ls|--quiet";

    private static readonly string s_create = $"network|create|--driver|bridge|--subnet|10.11.12.0/24|--gateway|10.11.12.254|--label|{OwnerLabel.Name}={OwnerLabel.Value}|sitenet";
    private static readonly string s_machine = OwnerLabel.Value.Split('/')[0];
    private static readonly string s_terminated = $"{s_machine}/dotnet/{int.MaxValue}";
    private const string OtherMachine = "elsewhere/dotnet/4711";

    private static readonly RuntimeResult s_notFound = new(1, "[]", "Error response from daemon: network sitenet not found");

    /// <summary>Process 1 always runs.</summary>
    public static TheoryData<string> FirstProcess => [$"{s_machine}/{System.Diagnostics.Process.GetProcessById(1).ProcessName}/1"];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_missing_network_is_created_with_three_commands()
    {
        var runtime = Docker().On(s_create, "");

        Assert.True(await EnsureAsync(runtime));
        Assert.Equal([VersionCommand, Inspect, s_create], runtime.Commands);
    }

    [Theory]
    [InlineData("docker", "|--ipv6")]
    [InlineData("podman", "")]
    public async Task An_IPv6_network_is_created_with_the_flags_of_the_runtime(string name, string flag)
    {
        var runtime = new FakeRuntime(name).On(VersionCommand, name is "podman" ? "4.3.1" : "1.45")
            .On($"network|create|--driver|bridge{flag}|--subnet|fd00:b0::/64|--gateway|fd00:b0::ff|--label|{OwnerLabel.Name}={OwnerLabel.Value}|sitenet", "");

        Assert.True(await EnsureAsync(runtime, Network("fd00:b0::/64", "fd00:b0::ff")));
    }

    [Fact]
    public async Task An_existing_network_with_the_same_settings_is_reused_and_not_owned()
    {
        var runtime = Docker().On(Inspect, Described("10.11.12.0/24", "10.11.12.254")).On(Members, "");

        Assert.False(await EnsureAsync(runtime));
        Assert.DoesNotContain(s_create, runtime.Commands);
    }

    [Fact]
    public async Task A_Podman_network_with_the_same_settings_is_reused()
    {
        const string Podman = """[{"name":"sitenet","id":"1","driver":"bridge","subnets":[{"subnet":"10.11.12.0/24","gateway":"10.11.12.254"}],"ipv6_enabled":false}]""";
        var runtime = new FakeRuntime("podman").On(VersionCommand, "5.4.2").On(Inspect, Podman).On(Members, "");

        Assert.False(await EnsureAsync(runtime));
    }

    [Theory]
    // Other applications would regard it as orphaned, so the same settings make no difference.
    [InlineData("10.11.12.0/24", "10.11.12.254")]
    [InlineData("10.11.13.0/24", "10.11.13.1")]
    public async Task A_network_of_a_terminated_AppHost_is_recreated(string subnet, string gateway)
    {
        var runtime = Docker().On(Inspect, Described(subnet, gateway, s_terminated)).On(Members, "").On(Remove, "").On(s_create, "");

        Assert.True(await EnsureAsync(runtime));
        Assert.Equal([Remove, s_create], runtime.Commands[^2..]);
    }

    [Fact]
    public async Task A_network_of_a_terminated_AppHost_that_has_other_containers_is_reused_and_owned()
    {
        var runtime = Docker().On(Inspect, Described("10.11.12.0/24", "10.11.12.254", s_terminated))
            .On(Members, "aaa").On("container|inspect|aaa", Containers(("guest", "10.11.12.9", "")));

        Assert.True(await EnsureAsync(runtime));
        Assert.DoesNotContain(Remove, runtime.Commands);
    }

    [Theory]
    [InlineData(OtherMachine)]
    [MemberData(nameof(FirstProcess))]
    public async Task A_network_of_another_running_AppHost_is_reused_and_not_owned(string owner)
    {
        var runtime = Docker().On(Inspect, Described("10.11.12.0/24", "10.11.12.254", owner)).On(Members, "");

        Assert.False(await EnsureAsync(runtime));
    }

    [Fact]
    public async Task A_network_that_another_application_creates_at_the_same_time_is_reused()
    {
        var runtime = Docker()
            .On(Inspect, s_notFound, Described("10.11.12.0/24", "10.11.12.254"))
            .On(Members, "").OnError(s_create, "network with name sitenet already exists");

        Assert.False(await EnsureAsync(runtime));
    }

    [Fact]
    public async Task An_existing_network_with_different_settings_is_refused_and_not_changed()
    {
        var runtime = Docker().On(Inspect, Described("10.11.13.0/24", "10.11.13.1")).On(Members, "");

        await AssertRefusedAsync(
            runtime,
            "Network 'sitenet' already exists with subnet 10.11.13.0/24, gateway 10.11.13.1; required are subnet 10.11.12.0/24, gateway 10.11.12.254. Choose another name (parameter networkName), or remove it: docker network rm sitenet");
        Assert.Equal([VersionCommand, Inspect, Members], runtime.Commands);
    }

    [Fact]
    public async Task The_containers_of_a_terminated_AppHost_are_removed()
    {
        const string RemoveContainers = "rm|--force|--volumes|siteblog-b|sitedb-a";
        var runtime = Docker().On(Inspect, Described("10.11.12.0/24", "10.11.12.254", s_terminated))
            .On(Members, new RuntimeResult(0, "aaa\nbbb\nccc", ""), new RuntimeResult(0, "ccc", ""))
            .On("container|inspect|aaa|bbb|ccc", Containers(("sitedb-a", "10.11.12.1", s_terminated), ("siteblog-b", "10.11.12.2", s_terminated), ("guest", "10.11.12.9", "")))
            .On("container|inspect|ccc", Containers(("guest", "10.11.12.9", "")))
            .On(RemoveContainers, "");

        Assert.True(await EnsureAsync(runtime));
        Assert.Contains(RemoveContainers, runtime.Commands);
    }

    [Fact]
    public async Task An_address_in_use_by_a_container_of_another_AppHost_is_refused_and_the_container_remains()
    {
        var runtime = Docker().On(Inspect, Described("10.11.12.0/24", "10.11.12.254", OtherMachine))
            .On(Members, "aaa").On("container|inspect|aaa", Containers(("sitedb-a", "10.11.12.1", OtherMachine)));

        await AssertRefusedAsync(
            runtime,
            "Address 10.11.12.1 of 'sitedb' on network 'sitenet' is in use by container 'sitedb-a'. Stop the application that uses it, remove the container (docker rm --force sitedb-a), or choose another network (parameter networkName, parameter subnet).");
        Assert.DoesNotContain(runtime.Commands, command => command.StartsWith("rm|", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_address_in_use_by_a_container_of_this_AppHost_is_accepted()
    {
        var runtime = Docker().On(Inspect, Described("10.11.12.0/24", "10.11.12.254", OwnerLabel.Value))
            .On(Members, "aaa").On("container|inspect|aaa", Containers(("sitedb-a", "10.11.12.1", OwnerLabel.Value)));

        Assert.True(await EnsureAsync(runtime));
    }

    [Fact]
    public async Task A_network_of_an_earlier_start_that_cannot_be_removed_is_refused_with_the_error_of_the_engine()
    {
        var runtime = Docker().On(Inspect, Described("10.11.13.0/24", "10.11.13.1", s_terminated)).On(Members, "").OnError(Remove, "network has active endpoints");

        await AssertRefusedAsync(runtime, "Network 'sitenet' of an earlier start has subnet 10.11.13.0/24, gateway 10.11.13.1 and cannot be removed: network has active endpoints");
    }

    [Fact]
    public async Task A_subnet_that_overlaps_with_a_container_network_is_refused()
    {
        var runtime = Docker().OnError(s_create, "Pool overlaps with other one on this address space")
            .On(List, "1\n2").On("network|inspect|1|2", $"[{Json("bridge", "172.17.0.0/16", "172.17.0.1")},{Json("other", "10.11.0.0/16", "10.11.0.1")}]");

        await AssertRefusedAsync(runtime, "Subnet 10.11.12.0/24 of network 'sitenet' overlaps with container network 'other' (subnet 10.11.0.0/16, gateway 10.11.0.1). Choose another subnet (parameter subnet).");
    }

    [Fact]
    public async Task A_subnet_that_overlaps_with_a_route_of_the_host_is_refused_and_no_network_is_created()
    {
        var runtime = Docker().On(List, "");

        await AssertRefusedAsync(
            runtime,
            "Subnet 10.11.12.0/24 of network 'sitenet' overlaps with the route of this host to 10.0.0.0/8 over tun0. Choose another subnet (parameter subnet).",
            new HostRoute(IpSubnet.Parse("10.0.0.0/8"), "tun0"));
        Assert.DoesNotContain(s_create, runtime.Commands);
    }

    [Fact]
    public async Task An_error_of_the_engine_is_part_of_the_message()
    {
        var runtime = Docker().OnError(s_create, "could not find an available bridge name").On(List, "");

        await AssertRefusedAsync(runtime, "Network 'sitenet' cannot be created: could not find an available bridge name");
    }

    [Fact]
    public async Task An_engine_that_does_not_respond_is_distinguished_from_a_missing_network()
    {
        var runtime = new FakeRuntime().OnError(VersionCommand, "Cannot connect to the Docker daemon").OnError(Inspect, "Cannot connect to the Docker daemon");

        await AssertRefusedAsync(
            runtime,
            "docker cannot inspect network 'sitenet' (Cannot connect to the Docker daemon). Start it, or set ASPIRE_CONTAINER_RUNTIME to another container runtime.");
    }

    [Theory]
    [InlineData("docker", "1.43", "needs API 1.44 (Docker 25)")]
    [InlineData("podman", "3.4.7", "needs API 4.0 (Podman 4)")]
    public async Task An_old_runtime_is_refused_before_anything_is_created(string name, string version, string needs)
    {
        var runtime = new FakeRuntime(name).On(VersionCommand, version);

        await AssertRefusedAsync(
            runtime,
            $"{name} is too old: it has API {version}, and a container on two networks {needs}. Update its client and its engine, or set ASPIRE_CONTAINER_RUNTIME to another container runtime.");
        Assert.Equal([VersionCommand, Inspect], runtime.Commands);
    }

    private static async Task AssertRefusedAsync(FakeRuntime runtime, string message, params HostRoute[] routes) =>
        Assert.Equal(message, (await Assert.ThrowsAsync<DistributedApplicationException>(() => Manager(runtime, Network(), routes).EnsureAsync(Cancelled))).Message);

    private static Task<bool> EnsureAsync(FakeRuntime runtime, ContainerNetworkResource? network = null) => Manager(runtime, network).EnsureAsync(Cancelled);
}
