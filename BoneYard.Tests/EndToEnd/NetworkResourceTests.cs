using BoneYard.Networking;
using BoneYard.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace BoneYard.Tests.EndToEnd;

/// <summary>The state, health, properties and command of the network resource, with one small container.</summary>
public sealed class NetworkResourceTests : IAsyncLifetime
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromMinutes(3);

    private readonly string _name = IsolatedResources.NewName();
    private readonly IpSubnet _subnet = IsolatedResources.NewSubnet();
    private DistributedApplication? _application;

    private DistributedApplication Application => _application ?? throw new InvalidOperationException("The application is not running.");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var builder = await Site.CreateBuilderAsync();

        // The other resources of the graph are not needed.
        foreach (var resource in builder.Resources.ToArray())
        {
            builder.Resources.Remove(resource);
        }

        var network = builder.AddContainerNetwork("guestnet", _subnet.ToString(), networkName: _name);
        builder.AddContainer("guest", "debian", "trixie-slim").WithArgs("sleep", "infinity")
            .WithContainerRuntimeArgs("--stop-signal", "KILL")
            .WithNetwork(network, _subnet.Host(1).ToString());
        _application = await builder.BuildAsync(Cancelled);
    }

    public async ValueTask DisposeAsync()
    {
        await Application.DisposeAsync();
        Assert.Empty(await NetworksAsync());
    }

    [Fact]
    public async Task The_resource_shows_its_properties_and_members_and_logs_its_commands()
    {
        await StartAsync();

        var row = await WaitAsync("guestnet", update => PropertyOf(update, "network.members").EndsWith($" {_subnet.Host(1)}", StringComparison.Ordinal));
        var log = new List<string>();

        await foreach (var lines in Application.Services.GetRequiredService<ResourceLoggerService>().GetAllAsync(row.Resource).WithCancellation(Cancelled))
        {
            log.AddRange(lines.Select(line => line.Content));
        }

        Assert.Equal(
            (_name, _subnet.ToString(), _subnet.LastHost.ToString()),
            (PropertyOf(row, "network.name"), PropertyOf(row, "network.subnet"), PropertyOf(row, "network.gateway")));
        Assert.Contains(log, line => line.Contains($"{ContainerEngine.Name} network create --driver bridge --subnet {_subnet} --gateway {_subnet.LastHost}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Inspect_shows_the_settings_and_the_containers()
    {
        await StartAsync();

        var result = await CommandAsync("guestnet", "inspect");

        Assert.True(result.Success, result.Message);
        Assert.Contains($"**{_name}**: subnet {_subnet}, gateway {_subnet.LastHost}", result.Data?.Value, StringComparison.Ordinal);
        Assert.Contains($" {_subnet.Host(1)}", result.Data?.Value, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_removed_network_is_unhealthy_until_the_next_container_creates_it_again()
    {
        await StartAsync();
        await StopGuestAsync();

        await ContainerEngine.RunAsync("network", "rm", _name);

        var lost = await WaitAsync("guestnet", update => update.Snapshot.HealthStatus is HealthStatus.Unhealthy);
        Assert.Equal(
            $"Network '{_name}' was removed. Restart its containers: the first one creates the network again.", Assert.Single(lost.Snapshot.HealthReports).Description);

        await CommandAsync("guest", KnownResourceCommands.StartCommand);
        await WaitAsync("guestnet", update => update.Snapshot.HealthStatus is HealthStatus.Healthy);
        await WaitAsync("guest", update => update.Snapshot.HealthStatus is HealthStatus.Healthy);
    }

    [Fact]
    public async Task A_container_does_not_start_until_its_network_can_be_created()
    {
        var other = IsolatedResources.NewName();
        await ContainerEngine.RunAsync("network", "create", "--subnet", _subnet.ToString(), other);

        try
        {
            await Application.StartAsync(Cancelled);

            await WaitAsync("guestnet", update => update.Snapshot.State?.Text == KnownResourceStates.FailedToStart);
            await WaitAsync("guest", update => update.Snapshot.State?.Text == KnownResourceStates.FailedToStart);
        }
        finally
        {
            await ContainerEngine.RunAsync("network", "rm", other);
        }

        await CommandAsync("guest", KnownResourceCommands.StartCommand);
        await WaitAsync("guest", update => update.Snapshot.State?.Text == KnownResourceStates.Running);
        await WaitAsync("guestnet", update => update.Snapshot.HealthStatus is HealthStatus.Healthy);
    }

    [Fact]
    public async Task A_network_that_was_recreated_with_different_settings_is_unhealthy_and_is_not_removed()
    {
        await StartAsync();
        await StopGuestAsync();
        var other = IsolatedResources.NewSubnet();

        await ContainerEngine.RunAsync("network", "rm", _name);
        await ContainerEngine.RunAsync("network", "create", "--subnet", $"{other}", "--gateway", $"{other.LastHost}", _name);

        var replaced = await WaitAsync(
            "guestnet", update => update.Snapshot.HealthReports.FirstOrDefault()?.Description?.StartsWith($"Network '{_name}' was recreated with different settings: subnet {other}", StringComparison.Ordinal) is true);
        await Application.DisposeAsync();
        var left = await NetworksAsync();
        await ContainerEngine.RunAsync("network", "rm", "--force", _name);

        Assert.Equal(HealthStatus.Unhealthy, replaced.Snapshot.HealthStatus);
        Assert.Single(left);
    }

    private static string PropertyOf(ResourceEvent update, string name) => update.Snapshot.Properties.FirstOrDefault(property => property.Name == name)?.Value as string ?? "";

    private async Task StartAsync()
    {
        await Application.StartAsync(Cancelled);
        await WaitAsync("guestnet", update => update.Snapshot.HealthStatus is HealthStatus.Healthy);
        await WaitAsync("guest", update => update.Snapshot.State?.Text == KnownResourceStates.Running);
    }

    private async Task StopGuestAsync()
    {
        await CommandAsync("guest", KnownResourceCommands.StopCommand);
        await WaitAsync("guest", update => KnownResourceStates.TerminalStates.Contains(update.Snapshot.State?.Text));
    }

    private Task<ExecuteCommandResult> CommandAsync(string resource, string command) => Application.ResourceCommands.ExecuteCommandAsync(resource, command, Cancelled);

    private Task<ResourceEvent> WaitAsync(string resource, Func<ResourceEvent, bool> predicate) =>
        Application.ResourceNotifications.WaitForResourceAsync(resource, predicate, Cancelled).WaitAsync(s_timeout);

    private Task<string[]> NetworksAsync() => ContainerEngine.ListAsync("network", "ls", "--quiet", "--filter", $"name={_name}");
}
