using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BoneYard.Networking;

/// <summary>Custom networks with static addresses, which Aspire itself does not have (microsoft/aspire issue 850).</summary>
internal static class ContainerNetworkExtensions
{
    internal const string MembersProperty = "network.members";

    /// <summary>Adds a network that is made before the containers on it start, and removed at the end when nobody else uses it.</summary>
    /// <param name="subnet">As in <c>10.11.12.0/24</c>.</param>
    /// <param name="gateway">An address of the subnet; null takes the last one.</param>
    /// <param name="networkName">What the container runtime calls it; null takes <paramref name="name"/>.</param>
    /// <exception cref="DistributedApplicationException">Subnet or gateway cannot be used.</exception>
    public static IResourceBuilder<ContainerNetworkResource> AddContainerNetwork(
        this IDistributedApplicationBuilder builder, string name, string subnet, string? gateway = null, string? networkName = null)
    {
        if (!IpSubnet.TryParse(subnet, out var range))
        {
            throw new DistributedApplicationException($"Subnet '{subnet}' of network '{name}' is none. Give one with room for at least 6 addresses, such as 10.11.12.0/24, with no bits beyond its prefix.");
        }

        var network = new ContainerNetworkResource(name, networkName ?? name, range, AddressOf($"The gateway of network '{name}'", range, gateway ?? range.LastHost.ToString()));
        var check = $"{name}_check";

        // The network can go only when the containers are gone, and without being told so Aspire ends before they are.
        builder.Configuration["DcpPublisher:WaitForResourceCleanup"] ??= bool.TrueString;

        builder.Services.TryAddSingleton<IContainerRuntime>(_ => new ContainerRuntime(builder.Configuration));
        builder.Services.TryAddSingleton(services => new ContainerNetworkManager(services.GetRequiredService<IContainerRuntime>(), builder.AppHostDirectory, HostNetworks.All));
        builder.Services.AddKeyedSingleton(name, (services, _) => new ContainerNetworkLifetime(
            network, services.GetRequiredService<ContainerNetworkManager>(), services.GetRequiredService<ILogger<ContainerNetworkLifetime>>()));
        builder.Services.Insert(0, ServiceDescriptor.Singleton<IHostedService>(services => services.GetRequiredKeyedService<ContainerNetworkLifetime>(name)));
        builder.Services.AddHealthChecks().Add(new(
            check,
            services => new ContainerNetworkHealthCheck(network, services.GetRequiredService<ContainerNetworkManager>(), services.GetRequiredService<ResourceNotificationService>()),
            failureStatus: null,
            tags: null));
        builder.OnBeforeStart((@event, _) =>
        {
            EnsureAddressesDiffer(network, @event.Model.Resources);
            return Task.CompletedTask;
        });

        return builder.AddResource(network)
            .WithIconName("VirtualNetwork")
            .WithInitialState(new()
            {
                ResourceType = "ContainerNetwork",
                State = KnownResourceStates.NotStarted,
                Properties =
                [
                    new(CustomResourceKnownProperties.Source, $"{network.NetworkName} {network.Subnet}"),
                    Property("network.name", "Network", network.NetworkName),
                    Property("network.subnet", "Subnet", network.Subnet.ToString()),
                    Property("network.gateway", "Gateway", network.Gateway.ToString()),
                    Property("network.driver", "Driver", "bridge"),
                ],
            })
            .WithHealthCheck(check)
            .OnInitializeResource(StartAsync)
            .WithCommand("inspect", "Inspect", context => InspectAsync(network, context), new() { IconName = "Search", Description = "Show who is on the network, and where." })
            .WithCommand("remove", "Remove", context => RemoveAsync(network, context), new()
            {
                IconName = "Delete",
                Description = "Remove the network; refused while containers are on it.",
                ConfirmationMessage = $"Remove the network '{network.NetworkName}'?",
            });
    }

    /// <summary>Puts a container on a network, beside the one that Aspire gives it. The others there call it CONTAINER.NETWORK.</summary>
    /// <param name="address">Its static address.</param>
    /// <exception cref="DistributedApplicationException">The address cannot be used on that network.</exception>
    public static IResourceBuilder<T> WithNetwork<T>(this IResourceBuilder<T> builder, IResourceBuilder<ContainerNetworkResource> network, string address) where T : ContainerResource
    {
        var resource = network.Resource;
        var checkedAddress = AddressOf($"The address of '{builder.Resource.Name}' on network '{resource.Name}'", resource.Subnet, address);

        if (checkedAddress.Equals(resource.Gateway))
        {
            throw new DistributedApplicationException($"The address of '{builder.Resource.Name}' on network '{resource.Name}' cannot be {address}: it is the gateway's. Choose another.");
        }

        return builder
            .WithAnnotation(new ContainerNetworkAnnotation(resource, checkedAddress))
            .WithReferenceRelationship(resource)
            .WithContainerRuntimeArgs(context =>
            {
                context.Args.Add("--network");
                context.Args.Add(Attachment(builder.ApplicationBuilder.Configuration["ASPIRE_CONTAINER_RUNTIME"], resource, builder.Resource, checkedAddress));
            })
            .OnBeforeResourceStarted((_, _, cancellationToken) => resource.Ready.WaitAsync(cancellationToken));
    }

    /// <summary>The name by which the others on a network reach this container there, wherever it is.</summary>
    public static string AddressOn<T>(this IResourceBuilder<T> builder, IResourceBuilder<ContainerNetworkResource> network) where T : ContainerResource =>
        network.Resource.AliasOf(builder.Resource);

    internal static ResourcePropertySnapshot Property(string name, string displayName, string value) => new(name, value) { DisplayName = displayName, IsHighlighted = true };

    /// <summary>One argument, for two networks at once are given to a container only so; Podman has words of its own for it.</summary>
    internal static string Attachment(string? runtime, ContainerNetworkResource network, IResource container, IPAddress address)
    {
        var key = address.AddressFamily is AddressFamily.InterNetworkV6 ? "ip6" : "ip";

        return runtime is "podman"
            ? $"{network.NetworkName}:{key}={address},alias={network.AliasOf(container)}"
            : $"name={network.NetworkName},{key}={address},alias={network.AliasOf(container)}";
    }

    internal static void EnsureAddressesDiffer(ContainerNetworkResource network, IEnumerable<IResource> resources)
    {
        var taken = resources
            .SelectMany(resource => resource.Annotations.OfType<ContainerNetworkAnnotation>().Where(a => a.Network == network).Select(a => (a.Address, resource.Name)))
            .GroupBy(entry => entry.Address)
            .FirstOrDefault(group => group.Count() > 1);

        if (taken is not null)
        {
            throw new DistributedApplicationException($"{string.Join(" and ", taken.Select(entry => $"'{entry.Name}'"))} have the same address {taken.Key} on network '{network.Name}'. Give each its own.");
        }
    }

    private static IPAddress AddressOf(string what, IpSubnet subnet, string text) =>
        !IpSubnet.TryParseAddress(text, out var address) ? throw new DistributedApplicationException($"{what} is '{text}', which is no IP address. Give one of {subnet}.")
        : subnet.Objection(address) is { } objection ? throw new DistributedApplicationException($"{what} cannot be {text}: {objection}. Choose another.")
        : address;

    private static async Task StartAsync(ContainerNetworkResource network, InitializeResourceEvent @event, CancellationToken cancellationToken)
    {
        await @event.Notifications.PublishUpdateAsync(network, s => s with { State = KnownResourceStates.Starting });

        try
        {
            var lifetime = @event.Services.GetRequiredKeyedService<ContainerNetworkLifetime>(network.Name);
            lifetime.IsOurs = await @event.Services.GetRequiredService<ContainerNetworkManager>().EnsureAsync(network, @event.Logger, cancellationToken);
            network.SetReady();
            await @event.Notifications.PublishUpdateAsync(network, s => s with { State = KnownResourceStates.Running, StartTimeStamp = DateTime.UtcNow });
        }
        catch (Exception exception)
        {
            @event.Logger.LogError("{Message}", exception.Message);
            network.SetFailed(exception);
            await @event.Notifications.PublishUpdateAsync(network, s => s with { State = new(KnownResourceStates.FailedToStart, KnownResourceStateStyles.Error) });
        }
    }

    private static async Task<ExecuteCommandResult> InspectAsync(ContainerNetworkResource network, ExecuteCommandContext context) =>
        await context.ServiceProvider.GetRequiredService<ContainerNetworkManager>().InspectAsync(network.NetworkName, context.CancellationToken) is { } state
            ? CommandResults.Success(
                $"{state.Members.Count} containers are on '{network.NetworkName}'.",
                new CommandResultData
                {
                    Format = CommandResultFormat.Markdown,
                    DisplayImmediately = true,
                    Value = $"**{network.NetworkName}**: {state.Describe()}, driver {state.Driver}\n\n{string.Join('\n', state.Members.OrderBy(member => member.Value, StringComparer.Ordinal).Select(member => $"- {member.Value} {member.Key}"))}",
                })
            : CommandResults.Failure($"There is no network '{network.NetworkName}'.");

    private static async Task<ExecuteCommandResult> RemoveAsync(ContainerNetworkResource network, ExecuteCommandContext context) =>
        await context.ServiceProvider.GetRequiredService<ContainerNetworkManager>().RemoveAsync(network, context.Logger, context.CancellationToken) is { } reason
            ? CommandResults.Failure(reason)
            : CommandResults.Success();
}
