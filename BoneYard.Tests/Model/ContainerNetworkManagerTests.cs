using System.Diagnostics;
using System.Net;
using System.Text.Json;
using BoneYard.Networking;
using BoneYard.Tests.Infrastructure;
using Microsoft.Extensions.Logging.Abstractions;

namespace BoneYard.Tests.Model;

public sealed class ContainerNetworkManagerTests
{
    private const string Version = "version|--format|{{.Client.APIVersion}} {{.Client.Version}} {{.Server.Version}}";
    private const string Inspect = "network|inspect|sitenet";
    private const string Members = "ps|--all|--quiet|--no-trunc|--filter|network=sitenet";
    private const string List = "network|ls|--format|{{.Name}}";
    private const string Remove = "network|rm|id-of-sitenet";

    private static readonly string s_create = $"network|create|--driver|bridge|--subnet|10.11.12.0/24|--gateway|10.11.12.254|--label|{CreatorLabel.Name}={CreatorLabel.Own}|sitenet";
    private static readonly string s_killed = $"{CreatorLabel.Own.Split('/')[0]}/dotnet/{int.MaxValue}";
    private static readonly string s_running = CreatorLabel.Own;
    // Nothing is known of it: it is taken to run.
    private const string OfAnotherMachine = "elsewhere/dotnet/4711";

    private static readonly RuntimeResult s_done = new(0, "", "");
    private static readonly RuntimeResult s_notFound = new(1, "[]", "Error response from daemon: network sitenet not found");

    [Fact]
    public async Task A_network_that_is_not_there_is_made()
    {
        var runtime = Docker().Answer(List, s_done).Answer(s_create, s_done);

        Assert.True(await EnsureAsync(runtime));
        Assert.Equal([Version, Inspect, List, s_create], runtime.Asked);
    }

    [Theory]
    [InlineData("docker", "|--ipv6")]
    [InlineData("podman", "")]
    public async Task An_IPv6_network_is_made_as_one(string name, string flag)
    {
        var runtime = new FakeRuntime(name).Answer(Version, new RuntimeResult(0, "1.45 28.2.2 26.1.5", "")).Answer("--version", new RuntimeResult(0, "podman version 4.3.1", ""))
            .Answer(List, s_done)
            .Answer($"network|create|--driver|bridge{flag}|--subnet|fd00:b0::/64|--gateway|fd00:b0::ff|--label|{CreatorLabel.Name}={CreatorLabel.Own}|sitenet", s_done);

        Assert.True(await EnsureAsync(runtime, Network("fd00:b0::/64", "fd00:b0::ff")));
    }

    [Fact]
    public async Task One_that_is_the_same_is_reused_and_left_at_the_end()
    {
        var runtime = Docker().Answer(Inspect, Described("10.11.12.0/24", "10.11.12.254")).Answer(Members, s_done);

        Assert.False(await EnsureAsync(runtime));
        Assert.Equal([Version, Inspect, Members], runtime.Asked);
    }

    [Theory]
    // To others it would look orphaned.
    [InlineData("10.11.12.0/24", "10.11.12.254")]
    [InlineData("10.11.13.0/24", "10.11.13.1")]
    public async Task One_of_an_AppHost_that_was_killed_is_made_anew_be_it_the_same_or_not(string subnet, string gateway)
    {
        var runtime = Docker()
            .Answer(Inspect, Described(subnet, gateway, s_killed), s_notFound)
            .Answer(Members, s_done).Answer(Remove, s_done).Answer(List, s_done).Answer(s_create, s_done);

        Assert.True(await EnsureAsync(runtime));
        Assert.Equal([Version, Inspect, Members, Remove, Version, Inspect, List, s_create], runtime.Asked);
    }

    [Fact]
    public async Task One_of_an_AppHost_that_was_killed_with_a_guest_on_it_is_taken_over()
    {
        var runtime = Docker().Answer(Inspect, Described("10.11.12.0/24", "10.11.12.254", s_killed))
            .Answer(Members, new RuntimeResult(0, "aaa", "")).Answer("container|inspect|aaa", Containers(("guest", "10.11.12.9", "")));

        Assert.True(await EnsureAsync(runtime));
        Assert.DoesNotContain(Remove, runtime.Asked);
    }

    [Fact]
    public async Task One_of_an_AppHost_of_another_machine_is_left_at_the_end()
    {
        var runtime = Docker().Answer(Inspect, Described("10.11.12.0/24", "10.11.12.254", OfAnotherMachine)).Answer(Members, s_done);

        Assert.False(await EnsureAsync(runtime));
    }

    [Fact]
    public async Task One_that_another_AppHost_is_just_removing_is_waited_for_and_made_anew()
    {
        // Of all processes the first is the one that surely runs.
        using var first = Process.GetProcessById(1);
        var runtime = Docker()
            .Answer(Inspect, Described("10.11.12.0/24", "10.11.12.254", $"{CreatorLabel.Own.Split('/')[0]}/{first.ProcessName}/1"), s_notFound)
            .Answer(Members, s_done).Answer(List, s_done).Answer(s_create, s_done);

        Assert.True(await EnsureAsync(runtime));
        Assert.Equal([Version, Inspect, Members, Inspect, Version, Inspect, List, s_create], runtime.Asked);
    }

    [Fact]
    public async Task A_foreign_one_that_differs_is_never_touched()
    {
        var runtime = Docker().Answer(Inspect, Described("10.11.13.0/24", "10.11.13.1")).Answer(Members, s_done);

        var refusal = await Assert.ThrowsAsync<DistributedApplicationException>(() => EnsureAsync(runtime));

        Assert.Equal(
            "There is a network 'sitenet' with subnet 10.11.13.0/24, gateway 10.11.13.1; wanted are subnet 10.11.12.0/24, gateway 10.11.12.254. Choose another name (AddContainerNetwork), or remove that one: docker network rm sitenet",
            refusal.Message);
        Assert.Equal([Version, Inspect, Members], runtime.Asked);
    }

    [Fact]
    public async Task What_an_AppHost_that_was_killed_left_on_it_is_removed()
    {
        var runtime = Docker().Answer(Inspect, Described("10.11.12.0/24", "10.11.12.254", s_killed))
            .Answer(Members, new RuntimeResult(0, "aaa\nbbb\nccc", ""), new RuntimeResult(0, "ccc", ""))
            .Answer("container|inspect|aaa|bbb|ccc", Containers(("sitedb-a", "10.11.12.1", s_killed), ("siteblog-b", "10.11.12.2", s_killed), ("guest", "10.11.12.9", "")))
            .Answer("container|inspect|ccc", Containers(("guest", "10.11.12.9", "")))
            .Answer("rm|--force|--volumes|siteblog-b|sitedb-a", s_done);

        Assert.True(await EnsureAsync(runtime));
        Assert.Contains("rm|--force|--volumes|siteblog-b|sitedb-a", runtime.Asked);
    }

    [Fact]
    public async Task A_container_of_an_AppHost_that_runs_is_never_touched_and_named_when_it_has_an_address_that_is_wanted()
    {
        var runtime = Docker().Answer(Inspect, Described("10.11.12.0/24", "10.11.12.254", OfAnotherMachine))
            .Answer(Members, new RuntimeResult(0, "aaa", ""))
            .Answer("container|inspect|aaa", Containers(("sitedb-a", "10.11.12.1", OfAnotherMachine)));

        var refusal = await Assert.ThrowsAsync<DistributedApplicationException>(() => EnsureAsync(runtime));

        Assert.Equal(
            "Address 10.11.12.1 of 'sitedb' on network 'sitenet' is taken by container 'sitedb-a'. Stop the application that it belongs to, remove it when it belongs to none (docker rm --force sitedb-a), or choose another network (AddContainerNetwork).",
            refusal.Message);
        Assert.DoesNotContain(runtime.Asked, command => command.StartsWith("rm|", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_container_of_this_AppHost_is_not_in_its_own_way()
    {
        var runtime = Docker().Answer(Inspect, Described("10.11.12.0/24", "10.11.12.254", s_running))
            .Answer(Members, new RuntimeResult(0, "aaa", ""))
            .Answer("container|inspect|aaa", Containers(("sitedb-a", "10.11.12.1", s_running)));

        Assert.True(await EnsureAsync(runtime));
    }

    [Fact]
    public async Task One_of_an_earlier_start_that_differs_and_cannot_be_removed_is_refused_with_the_words_of_the_engine()
    {
        var runtime = Docker().Answer(Inspect, Described("10.11.13.0/24", "10.11.13.1", s_killed)).Answer(Members, s_done)
            .Answer(Remove, new RuntimeResult(1, "", "network has active endpoints"));

        var refusal = await Assert.ThrowsAsync<DistributedApplicationException>(() => EnsureAsync(runtime));

        Assert.Equal("Network 'sitenet' of an earlier start has subnet 10.11.13.0/24, gateway 10.11.13.1 and cannot be removed: network has active endpoints", refusal.Message);
    }

    [Fact]
    public async Task A_container_network_in_the_way_is_named()
    {
        var runtime = Docker()
            .Answer(List, new RuntimeResult(0, "bridge\nother", ""))
            .Answer("network|inspect|bridge|other", new RuntimeResult(0, $"[{Json("bridge", "172.17.0.0/16", "172.17.0.1")},{Json("other", "10.11.0.0/16", "10.11.0.1")}]", ""));

        var refusal = await Assert.ThrowsAsync<DistributedApplicationException>(() => EnsureAsync(runtime));

        Assert.Equal("Subnet 10.11.12.0/24 of network 'sitenet' overlaps with container network 'other' (subnet 10.11.0.0/16, gateway 10.11.0.1). Choose another (AddContainerNetwork).", refusal.Message);
    }

    [Fact]
    public async Task One_in_the_way_that_a_killed_AppHost_left_under_another_name_is_removed()
    {
        var runtime = Docker()
            .Answer(List, new RuntimeResult(0, "other", ""))
            .Answer("network|inspect|other", new RuntimeResult(0, $"[{Json("other", "10.11.0.0/16", "10.11.0.1", s_killed)}]", ""))
            .Answer("network|rm|id-of-other", s_done).Answer(s_create, s_done);

        Assert.True(await EnsureAsync(runtime));
    }

    [Fact]
    public async Task A_route_of_the_host_in_the_way_is_named()
    {
        var runtime = Docker().Answer(List, s_done);

        var refusal = await Assert.ThrowsAsync<DistributedApplicationException>(() => EnsureAsync(runtime, host: ("tun0", "10.0.0.0/8")));

        Assert.Equal("Subnet 10.11.12.0/24 of network 'sitenet' overlaps with the route of this host to 10.0.0.0/8 over tun0. Choose another (AddContainerNetwork).", refusal.Message);
    }

    [Fact]
    public async Task A_network_that_another_was_quicker_to_make_is_reused()
    {
        var runtime = Docker()
            .Answer(Inspect, s_notFound, Described("10.11.12.0/24", "10.11.12.254"))
            .Answer(Members, s_done).Answer(List, s_done).Answer(s_create, new RuntimeResult(1, "", "network with name sitenet already exists"));

        Assert.False(await EnsureAsync(runtime));
    }

    [Fact]
    public async Task What_the_runtime_says_of_a_failure_is_passed_on()
    {
        var runtime = Docker().Answer(List, s_done).Answer(s_create, new RuntimeResult(1, "", "no room for another bridge"));

        var failure = await Assert.ThrowsAsync<DistributedApplicationException>(() => EnsureAsync(runtime));

        Assert.Equal("Network 'sitenet' could not be made: no room for another bridge", failure.Message);
    }

    [Fact]
    public async Task An_engine_that_does_not_answer_is_no_missing_network()
    {
        var runtime = Docker().Answer(Inspect, new RuntimeResult(1, "", "Cannot connect to the Docker daemon"));

        var failure = await Assert.ThrowsAsync<DistributedApplicationException>(() => EnsureAsync(runtime));

        Assert.Equal("docker could not be asked for network 'sitenet': Cannot connect to the Docker daemon", failure.Message);
    }

    [Theory]
    [InlineData("docker", Version, "1.43 24.0.7 20.10.24+dfsg1", "Docker is too old: client 24.0.7 and engine 20.10.24+dfsg1 speak API 1.43, and a container on two networks needs 1.44, which came with Docker 25. Update both, or take Podman: ASPIRE_CONTAINER_RUNTIME=podman.")]
    [InlineData("podman", "--version", "podman version 3.4.7-dev", "Podman is too old: it is 3.4.7-dev, and a container on two networks with static addresses needs 4.0. Update it, or take Docker: ASPIRE_CONTAINER_RUNTIME=docker.")]
    public async Task A_runtime_that_is_too_old_is_told_from_its_version_before_anything_is_made(string name, string question, string answer, string message)
    {
        var runtime = new FakeRuntime(name).Answer(question, new RuntimeResult(0, answer, ""));

        var refusal = await Assert.ThrowsAsync<DistributedApplicationException>(() => EnsureAsync(runtime));

        Assert.Equal(message, refusal.Message);
        Assert.Equal([question], runtime.Asked);
    }

    [Fact]
    public async Task A_runtime_that_does_not_answer_is_quoted()
    {
        var runtime = new FakeRuntime().Answer(Version, new RuntimeResult(1, "", "Cannot connect to the Docker daemon"));

        var failure = await Assert.ThrowsAsync<DistributedApplicationException>(() => EnsureAsync(runtime));

        Assert.Equal("docker does not answer: Cannot connect to the Docker daemon. Start it, or name another container runtime in ASPIRE_CONTAINER_RUNTIME.", failure.Message);
    }

    [Fact]
    public async Task A_network_in_use_is_not_removed()
    {
        var runtime = Docker().Answer(Inspect, Described("10.11.12.0/24", "10.11.12.254", s_running))
            .Answer(Members, new RuntimeResult(0, "aaa", "")).Answer("container|inspect|aaa", Containers(("siteblog-abc", "", "")));

        var reason = await Manager(runtime).RemoveAsync(Network(), NullLogger.Instance, TestContext.Current.CancellationToken);

        Assert.Equal("Network 'sitenet' is in use by siteblog-abc. Stop or remove them first.", reason);
        Assert.DoesNotContain(Remove, runtime.Asked);
    }

    [Fact]
    public async Task A_container_of_our_own_that_was_stopped_is_in_nobodys_way()
    {
        var runtime = Docker().Answer(Inspect, Described("10.11.12.0/24", "10.11.12.254", s_running))
            .Answer(Members, new RuntimeResult(0, "aaa", "")).Answer("container|inspect|aaa", Containers(("siteblog-abc", "", s_running))).Answer(Remove, s_done);

        Assert.Null(await Manager(runtime).RemoveAsync(Network(), NullLogger.Instance, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task To_Podman_it_is()
    {
        var runtime = new FakeRuntime("podman").Answer(Inspect, Described("10.11.12.0/24", "10.11.12.254", s_running))
            .Answer(Members, new RuntimeResult(0, "aaa", "")).Answer("container|inspect|aaa", Containers(("siteblog-abc", "", s_running)));

        Assert.Equal("Network 'sitenet' is in use by siteblog-abc. Stop or remove them first.", await Manager(runtime).RemoveAsync(Network(), NullLogger.Instance, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Another_one_that_got_its_name_is_not_removed()
    {
        var runtime = Docker().Answer(Inspect, Described("10.11.13.0/24", "10.11.13.1")).Answer(Members, s_done);

        Assert.Equal(
            "Network 'sitenet' is another one now: it has subnet 10.11.13.0/24, gateway 10.11.13.1.",
            await Manager(runtime).RemoveAsync(Network(), NullLogger.Instance, TestContext.Current.CancellationToken));
        Assert.DoesNotContain(Remove, runtime.Asked);
    }

    [Fact]
    public async Task A_network_that_nobody_uses_is_removed()
    {
        var runtime = Docker().Answer(Inspect, Described("10.11.12.0/24", "10.11.12.254", s_running)).Answer(Members, s_done).Answer(Remove, s_done);

        Assert.Null(await Manager(runtime).RemoveAsync(Network(), NullLogger.Instance, TestContext.Current.CancellationToken));
        Assert.Equal([Inspect, Members, Remove], runtime.Asked);
    }

    [Fact]
    public async Task Podman_describes_a_network_in_its_own_words()
    {
        const string Podman = """[{"name":"sitenet","driver":"bridge","subnets":[{"subnet":"10.11.12.0/24","gateway":"10.11.12.254"}],"ipv6_enabled":false}]""";
        var runtime = new FakeRuntime("podman").Answer("--version", new RuntimeResult(0, "podman version 5.4.2", "")).Answer(Inspect, new RuntimeResult(0, Podman, "")).Answer(Members, s_done);

        Assert.False(await EnsureAsync(runtime));
    }

    [Theory]
    [InlineData("docker", "10.11.12.3", "name=sitenet,ip=10.11.12.3,alias=sitewww.sitenet")]
    [InlineData("podman", "10.11.12.3", "sitenet:ip=10.11.12.3,alias=sitewww.sitenet")]
    [InlineData("docker", "fd00:b0::3", "name=sitenet,ip6=fd00:b0::3,alias=sitewww.sitenet")]
    [InlineData("podman", "fd00:b0::3", "sitenet:ip6=fd00:b0::3,alias=sitewww.sitenet")]
    public void A_container_is_attached_in_the_words_of_the_runtime(string runtime, string address, string argument)
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
        Manager(runtime, host).EnsureAsync(
            network ?? Network(), new Dictionary<IPAddress, string> { [IPAddress.Parse("10.11.12.1")] = "sitedb" }, NullLogger.Instance, TestContext.Current.CancellationToken);

    private static ContainerNetworkManager Manager(FakeRuntime runtime, (string Interface, string Subnet)? host = null) =>
        new(runtime, () => host is { } found ? [(found.Interface, Subnet(found.Subnet))] : []);

    private static ContainerNetworkResource Network(string subnet = "10.11.12.0/24", string gateway = "10.11.12.254") =>
        new("sitenet", "sitenet", Subnet(subnet), IPAddress.Parse(gateway));

    private static IpSubnet Subnet(string text) => IpSubnet.TryParse(text, out var subnet) ? subnet : throw new ArgumentException(text);

    /// <summary>One that is new enough; of the rest it knows nothing yet.</summary>
    private static FakeRuntime Docker() => new FakeRuntime().Answer(Version, new RuntimeResult(0, "1.45 28.2.2 26.1.5", ""));

    private static RuntimeResult Described(string subnet, string gateway, string creator = "") => new(0, $"[{Json("sitenet", subnet, gateway, creator)}]", "");

    private static string Json(string name, string subnet, string gateway, string creator = "") => JsonSerializer.Serialize(new
    {
        Id = $"id-of-{name}",
        Name = name,
        Driver = "bridge",
        IPAM = new { Config = new[] { new { Subnet = subnet, Gateway = gateway } } },
        Labels = Labels(creator),
    });

    private static RuntimeResult Containers(params (string Name, string Address, string Creator)[] containers) => new(0, JsonSerializer.Serialize(containers.Select(container => new
    {
        Name = $"/{container.Name}",
        State = new { Running = container.Address.Length > 0 },
        Config = new { Labels = Labels(container.Creator) },
        NetworkSettings = new { Networks = new Dictionary<string, object> { ["sitenet"] = new { IPAddress = container.Address, GlobalIPv6Address = "" } } },
    })), "");

    private static Dictionary<string, string> Labels(string creator) => creator.Length == 0 ? [] : new() { [CreatorLabel.Name] = creator };
}
