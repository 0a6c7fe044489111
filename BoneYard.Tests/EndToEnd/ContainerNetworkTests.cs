using System.Net;
using BoneYard.Networking;
using BoneYard.Tests.Infrastructure;
using Microsoft.Extensions.Logging.Abstractions;

namespace BoneYard.Tests.EndToEnd;

/// <summary>Real networks, made by the manager with a real container runtime.</summary>
public abstract class ContainerNetworkTests(string runtime) : IAsyncLifetime
{
    private const string Image = "debian:trixie-slim";

    private readonly ContainerRuntime _runtime = new(runtime);
    private readonly List<string> _containers = [];
    private readonly List<string> _networks = [];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private ContainerNetworkManager Manager => new(_runtime, HostNetworks.All);

    public async ValueTask InitializeAsync()
    {
        try
        {
            var image = await _runtime.RunAsync(["image", "inspect", Image], Cancelled);
            Assert.SkipUnless(image.Succeeded, $"{_runtime.Name} has no image {Image}: {image.Error}");
        }
        catch (DistributedApplicationException missing)
        {
            Assert.Skip(missing.Message);
        }
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);

        foreach (var container in _containers)
        {
            await _runtime.RunAsync(["rm", "--force", container], CancellationToken.None);
        }

        foreach (var network in _networks)
        {
            await _runtime.RunAsync(["network", "rm", network], CancellationToken.None);
        }
    }

    [Fact]
    public async Task A_network_is_made_as_it_is_wanted_and_removed()
    {
        var network = NewNetwork();

        Assert.True(await EnsureAsync(network));
        var state = await Manager.InspectAsync(network.NetworkName, Cancelled);
        var reason = await Manager.RemoveAsync(network, NullLogger.Instance, Cancelled);

        Assert.NotNull(state);
        Assert.Equal("bridge", state.Driver);
        Assert.Equal([(network.Subnet, network.Gateway)], state.Ranges);
        Assert.Empty(state.Members);
        Assert.Equal(CreatorLabel.Own, state.Labels[CreatorLabel.Name]);
        Assert.Null(reason);
        Assert.Null(await Manager.InspectAsync(network.NetworkName, Cancelled));
    }

    [Fact]
    public async Task One_that_is_there_and_the_same_is_reused_and_is_not_ours()
    {
        var network = NewNetwork();
        await RunAsync("network", "create", "--subnet", $"{network.Subnet}", "--gateway", $"{network.Gateway}", network.NetworkName);

        Assert.False(await EnsureAsync(network));
    }

    [Fact]
    public async Task A_foreign_one_that_differs_is_left_as_it_is_and_the_difference_is_named()
    {
        var network = NewNetwork();
        await RunAsync("network", "create", "--subnet", $"{network.Subnet}", "--gateway", $"{network.Subnet.Host(9)}", network.NetworkName);
        var before = await RunAsync("network", "inspect", network.NetworkName);

        var refusal = await Assert.ThrowsAsync<DistributedApplicationException>(() => EnsureAsync(network));

        Assert.Equal(
            $"There is a network '{network.NetworkName}' with subnet {network.Subnet}, gateway {network.Subnet.Host(9)}; wanted are subnet {network.Subnet}, gateway {network.Gateway}. Choose another name (AddContainerNetwork), or remove that one: {_runtime.Name} network rm {network.NetworkName}",
            refusal.Message);
        Assert.Equal(before, await RunAsync("network", "inspect", network.NetworkName));
    }

    [Fact]
    public async Task Another_network_in_the_way_is_named()
    {
        var (network, other) = (NewNetwork(), NewNetwork());
        await RunAsync("network", "create", "--subnet", $"{network.Subnet}", "--gateway", $"{network.Gateway}", other.NetworkName);

        var refusal = await Assert.ThrowsAsync<DistributedApplicationException>(() => EnsureAsync(network));

        Assert.Equal(
            $"Subnet {network.Subnet} of network '{network.NetworkName}' overlaps with container network '{other.NetworkName}' (subnet {network.Subnet}, gateway {network.Gateway}). Choose another (AddContainerNetwork).",
            refusal.Message);
        Assert.Null(await Manager.InspectAsync(network.NetworkName, Cancelled));
    }

    [Fact]
    public async Task A_route_of_this_host_in_the_way_is_named()
    {
        // Not one of the container runtime's own, which would be named as a network.
        var bridges = (await RunAsync("network", "ls", "--quiet")).Split('\n').Select(id => $"br-{id}").Append("docker0").ToHashSet();
        var route = HostNetworks.All().First(route => !bridges.Contains(route.Interface) && !route.Interface.StartsWith("podman", StringComparison.Ordinal) && route.Subnet.Network is { PrefixLength: <= 29, BaseAddress.AddressFamily: System.Net.Sockets.AddressFamily.InterNetwork });
        var network = NewNetwork(route.Subnet);

        var refusal = await Assert.ThrowsAsync<DistributedApplicationException>(() => EnsureAsync(network));

        Assert.Equal(
            $"Subnet {route.Subnet} of network '{network.NetworkName}' overlaps with the route of this host to {route.Subnet} over {route.Interface}. Choose another (AddContainerNetwork).",
            refusal.Message);
    }

    [Fact]
    public async Task One_that_is_the_same_but_with_a_wanted_address_taken_is_refused_and_the_container_named()
    {
        var network = NewNetwork();
        await EnsureAsync(network);
        var guest = await StartAsync(network, "guest", 1);

        var refusal = await Assert.ThrowsAsync<DistributedApplicationException>(() => EnsureAsync(network));

        Assert.StartsWith($"Address {network.Subnet.Host(1)} of 'sitedb' on network '{network.NetworkName}' is taken by container '{guest}'.", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_killed_AppHost_left_on_it_is_removed_and_nothing_else_is()
    {
        var network = NewNetwork();
        await EnsureAsync(network);
        var orphan = await StartAsync(network, "orphan", 1, "--label", $"{CreatorLabel.Name}={CreatorLabel.Own.Split('/')[0]}/dotnet/{int.MaxValue}");
        var guest = await StartAsync(network, "guest", 2);

        Assert.True(await EnsureAsync(network));

        var names = (await RunAsync("ps", "--all", "--format", "{{.Names}}")).Split('\n', StringSplitOptions.TrimEntries);
        Assert.DoesNotContain(orphan, names);
        Assert.Contains(guest, names);
    }

    [Fact]
    public async Task A_network_is_not_removed_while_somebodys_container_is_on_it_even_one_that_does_not_run()
    {
        var network = NewNetwork();
        await EnsureAsync(network);
        var guest = await CreateAsync(network, "guest", 1);

        var reason = await Manager.RemoveAsync(network, NullLogger.Instance, Cancelled);

        Assert.Equal($"Network '{network.NetworkName}' is in use by {guest}. Stop or remove them first.", reason);
        Assert.NotNull(await Manager.InspectAsync(network.NetworkName, Cancelled));
    }

    [Fact]
    public async Task A_container_on_two_networks_has_its_static_address_and_is_found_there_by_its_alias()
    {
        var network = NewNetwork();
        await EnsureAsync(network);
        var (host, visitor) = (await StartAsync(network, "host", 1), await StartAsync(network, "visitor", 2));

        var members = (await Manager.InspectAsync(network.NetworkName, Cancelled))!.Members;
        var found = await RunAsync("exec", visitor, "getent", "ahostsv4", "host.sitenet");

        Assert.Equal([$"{host} {network.Subnet.Host(1)}", $"{visitor} {network.Subnet.Host(2)}"], members.Select(member => member.ToString()));
        Assert.StartsWith($"{network.Subnet.Host(1)} ", found, StringComparison.Ordinal);
    }

    [Fact]
    public async Task On_an_IPv6_network_it_has_its_static_address_too()
    {
        var network = NewNetwork(IsolatedResources.NewIPv6Subnet());
        await EnsureAsync(network);
        var (host, visitor) = (await StartAsync(network, "host", 1), await StartAsync(network, "visitor", 2));

        var state = (await Manager.InspectAsync(network.NetworkName, Cancelled))!;
        var found = await RunAsync("exec", visitor, "getent", "ahostsv6", "host.sitenet");

        Assert.True(state.Has(network.Subnet, network.Gateway));
        Assert.Contains(network.Subnet.Host(1), state.Members.Single(member => member.Name == host).Addresses);
        Assert.StartsWith($"{network.Subnet.Host(1)} ", found, StringComparison.Ordinal);
    }

    private Task<bool> EnsureAsync(ContainerNetworkResource network) =>
        Manager.EnsureAsync(network, new Dictionary<IPAddress, string> { [network.Subnet.Host(1)] = "sitedb" }, NullLogger.Instance, Cancelled);

    private ContainerNetworkResource NewNetwork(IpSubnet? subnet = null)
    {
        var name = IsolatedResources.NewName();
        var range = subnet ?? IsolatedResources.NewSubnet();
        _networks.Add(name);
        return new("sitenet", name, range, range.LastHost);
    }

    /// <summary>Attached as a resource of the graph is, beside a first network.</summary>
    private async Task<string> CreateAsync(ContainerNetworkResource network, string resource, int number, params string[] options)
    {
        var name = $"{network.NetworkName}-{resource}";
        var first = $"{network.NetworkName}-first";

        if (!_networks.Contains(first))
        {
            _networks.Add(first);
            await RunAsync("network", "create", first);
        }

        _containers.Add(name);
        await RunAsync(
            ["create", "--name", name, "--stop-signal", "KILL", "--network", first, "--network", ContainerNetworkExtensions.Attachment(_runtime.Name, network, new ContainerResource(resource), network.Subnet.Host(number)),
            .. options, Image, "sleep", "infinity"]);
        return name;
    }

    private async Task<string> StartAsync(ContainerNetworkResource network, string resource, int number, params string[] options)
    {
        var name = await CreateAsync(network, resource, number, options);
        await RunAsync("start", name);
        return name;
    }

    private async Task<string> RunAsync(params string[] arguments)
    {
        var result = await _runtime.RunAsync(arguments, Cancelled);
        Assert.True(result.Succeeded, $"{_runtime.Name} {string.Join(' ', arguments)} ended with {result.ExitCode}: {result.Error}");
        return result.Output;
    }
}

public sealed class DockerNetworkTests() : ContainerNetworkTests("docker");

/// <summary>./boneyard test installs Podman and gives it the image; there, a skipped test counts as one that failed.</summary>
public sealed class PodmanNetworkTests() : ContainerNetworkTests("podman");
