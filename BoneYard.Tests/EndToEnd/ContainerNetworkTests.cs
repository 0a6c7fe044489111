using BoneYard.Networking;
using BoneYard.Tests.Infrastructure;
using Microsoft.Extensions.Logging.Abstractions;

namespace BoneYard.Tests.EndToEnd;

/// <summary>The manager of container networks with a real container runtime.</summary>
public abstract class ContainerNetworkTests(string runtime) : IAsyncLifetime
{
    private const string Image = "debian:trixie-slim";

    private readonly ContainerRuntime _runtime = new(runtime);
    private readonly List<string> _containers = [];
    private readonly List<string> _networks = [];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

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
    public async Task A_network_is_created_with_its_settings_and_removed()
    {
        var network = NewNetwork();

        Assert.True(await EnsureAsync(network));
        var state = await InspectAsync(network);
        var reason = await Manager(network).RemoveAsync(Cancelled);

        Assert.NotNull(state);
        Assert.Equal($"subnet {network.Subnet}, gateway {network.Gateway}", state.ToString());
        Assert.Equal(Owner.ThisProcess, state.Owner);
        Assert.Empty(state.Members);
        Assert.Null(reason);
        Assert.Null(await InspectAsync(network));
    }

    [Fact]
    public async Task An_existing_network_with_the_same_settings_is_reused_and_not_owned()
    {
        var network = NewNetwork();
        await RunAsync("network", "create", "--subnet", $"{network.Subnet}", "--gateway", $"{network.Gateway}", network.NetworkName);

        Assert.False(await EnsureAsync(network));
    }

    [Fact]
    public async Task An_existing_network_with_different_settings_is_refused_and_not_changed()
    {
        var network = NewNetwork();
        await RunAsync("network", "create", "--subnet", $"{network.Subnet}", "--gateway", $"{network.Subnet.Host(9)}", network.NetworkName);
        var before = await RunAsync("network", "inspect", network.NetworkName);

        var refusal = await Assert.ThrowsAsync<DistributedApplicationException>(() => EnsureAsync(network));

        Assert.Equal(
            $"Network '{network.NetworkName}' already exists with subnet {network.Subnet}, gateway {network.Subnet.Host(9)}; required are subnet {network.Subnet}, gateway {network.Gateway}. Choose another name (parameter networkName), or remove it: {_runtime.Name} network rm {network.NetworkName}",
            refusal.Message);
        Assert.Equal(before, await RunAsync("network", "inspect", network.NetworkName));
    }

    [Fact]
    public async Task A_subnet_that_overlaps_with_a_container_network_is_refused()
    {
        var (network, other) = (NewNetwork(), NewNetwork());
        await RunAsync("network", "create", "--subnet", $"{network.Subnet}", "--gateway", $"{network.Gateway}", other.NetworkName);

        var refusal = await Assert.ThrowsAsync<DistributedApplicationException>(() => EnsureAsync(network));

        Assert.Equal(
            $"Subnet {network.Subnet} of network '{network.NetworkName}' overlaps with container network '{other.NetworkName}' (subnet {network.Subnet}, gateway {network.Gateway}). Choose another subnet (parameter subnet).",
            refusal.Message);
        Assert.Null(await InspectAsync(network));
    }

    [Fact]
    public async Task A_subnet_that_overlaps_with_a_route_of_the_host_is_refused()
    {
        // The route of a container network would be refused as a network.
        var bridges = (await RunAsync("network", "ls", "--quiet")).Split('\n').Select(id => $"br-{id}").Append("docker0").ToHashSet();
        var route = HostRoutes.All().First(route => !bridges.Contains(route.Interface) && !route.Interface.StartsWith("podman", StringComparison.Ordinal) && route.Subnet.Network is { PrefixLength: <= 29, BaseAddress.AddressFamily: System.Net.Sockets.AddressFamily.InterNetwork });
        var network = NewNetwork(route.Subnet);

        var refusal = await Assert.ThrowsAsync<DistributedApplicationException>(() => EnsureAsync(network));

        Assert.Equal(
            $"Subnet {route.Subnet} of network '{network.NetworkName}' overlaps with the route of this host to {route.Subnet} over {route.Interface}. Choose another subnet (parameter subnet).",
            refusal.Message);
    }

    [Fact]
    public async Task An_address_in_use_by_a_container_is_refused()
    {
        var network = NewNetwork();
        await EnsureAsync(network);
        var guest = await StartAsync(network, "guest", 1);

        var refusal = await Assert.ThrowsAsync<DistributedApplicationException>(() => EnsureAsync(network));

        Assert.StartsWith($"Address {network.Subnet.Host(1)} of 'sitedb' on network '{network.NetworkName}' is in use by container '{guest}'.", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_the_containers_of_a_terminated_AppHost_are_removed()
    {
        var network = NewNetwork();
        await EnsureAsync(network);
        var orphan = await StartAsync(network, "orphan", 1, "--label", $"{OwnerLabel.Name}={OwnerLabel.Value.Split('/')[0]}/dotnet/{int.MaxValue}");
        var guest = await StartAsync(network, "guest", 2);

        Assert.True(await EnsureAsync(network));

        var names = (await RunAsync("ps", "--all", "--format", "{{.Names}}")).Split('\n', StringSplitOptions.TrimEntries);
        Assert.DoesNotContain(orphan, names);
        Assert.Contains(guest, names);
    }

    [Fact]
    public async Task A_network_with_a_stopped_container_is_not_removed()
    {
        var network = NewNetwork();
        await EnsureAsync(network);
        var guest = await CreateAsync(network, "guest", 1);

        var reason = await Manager(network).RemoveAsync(Cancelled);

        Assert.Equal($"Network '{network.NetworkName}' is in use by {guest}. Stop or remove them first.", reason);
        Assert.NotNull(await InspectAsync(network));
    }

    [Fact]
    public async Task A_container_on_two_networks_has_its_static_address_and_its_alias()
    {
        var network = NewNetwork();
        await EnsureAsync(network);
        var (host, visitor) = (await StartAsync(network, "host", 1), await StartAsync(network, "visitor", 2));

        var members = (await InspectAsync(network))!.Members;
        var found = await RunAsync("exec", visitor, "getent", "ahostsv4", "host.sitenet");

        Assert.Equal([$"{host} {network.Subnet.Host(1)}", $"{visitor} {network.Subnet.Host(2)}"], members.Select(member => member.ToString()));
        Assert.StartsWith($"{network.Subnet.Host(1)} ", found, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_container_on_an_IPv6_network_has_its_static_address_and_its_alias()
    {
        var network = NewNetwork(IsolatedResources.NewIPv6Subnet());
        await EnsureAsync(network);
        var (host, visitor) = (await StartAsync(network, "host", 1), await StartAsync(network, "visitor", 2));

        var state = (await InspectAsync(network))!;
        var found = await RunAsync("exec", visitor, "getent", "ahostsv6", "host.sitenet");

        Assert.True(state.Has(network.Subnet, network.Gateway));
        Assert.Contains(network.Subnet.Host(1), state.Members.Single(member => member.Name == host).Addresses);
        Assert.StartsWith($"{network.Subnet.Host(1)} ", found, StringComparison.Ordinal);
    }

    private Task<bool> EnsureAsync(ContainerNetworkResource network) =>
        Manager(network).EnsureAsync(Cancelled);

    private Task<NetworkState?> InspectAsync(ContainerNetworkResource network) => Manager(network).InspectAsync(Cancelled);

    private ContainerNetworkManager Manager(ContainerNetworkResource network) =>
        new(network, _runtime, HostRoutes.All, NullLogger.Instance);

    private ContainerNetworkResource NewNetwork(IpSubnet? subnet = null)
    {
        var name = IsolatedResources.NewName();
        var range = subnet ?? IsolatedResources.NewSubnet();
        _networks.Add(name);
        return new("sitenet", name, range, range.LastHost) { Containers = { [range.Host(1)] = "sitedb" } };
    }

    /// <summary>Creates a container on two networks, as Aspire does.</summary>
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

/// <summary>Skipped without Podman. ./boneyard test installs it and counts a skipped test as a failure.</summary>
public sealed class PodmanNetworkTests() : ContainerNetworkTests("podman");
