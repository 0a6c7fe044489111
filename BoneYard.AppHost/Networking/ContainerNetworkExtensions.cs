using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace BoneYard.Networking;

/// <summary>Custom networks with static addresses, which Aspire itself does not have (microsoft/aspire issue 850).</summary>
internal static class ContainerNetworkExtensions
{
    private static readonly TimeSpan s_checkPatience = TimeSpan.FromSeconds(10);

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
            throw new DistributedApplicationException($"Subnet '{subnet}' of network '{name}' is none. Give {IpSubnet.Allowed}.");
        }

        var network = new ContainerNetworkResource(name, networkName ?? name, range, AddressOf($"The gateway of network '{name}'", range, gateway ?? range.LastHost.ToString()));
        var check = $"{name}_check";

        // The network can go only when the containers are gone, and without being told so Aspire ends before they are.
        builder.Configuration["DcpPublisher:WaitForResourceCleanup"] ??= bool.TrueString;
        // Network and containers are to be on the same engine, whichever that is.
        var runtime = builder.Configuration[ContainerRuntime.Setting] ??= ContainerRuntime.NameIn(builder.Configuration);

        builder.Services.TryAddSingleton<IContainerRuntime>(_ => new ContainerRuntime(runtime));
        builder.Services.TryAddSingleton(services => new ContainerNetworkManager(services.GetRequiredService<IContainerRuntime>(), HostNetworks.All));
        builder.Services.AddKeyedSingleton(name, (services, _) => ActivatorUtilities.CreateInstance<ContainerNetworkLifetime>(services, network));
        builder.Services.Insert(0, ServiceDescriptor.Singleton<IHostedService>(services => services.GetRequiredKeyedService<ContainerNetworkLifetime>(name)));
        builder.Services.AddHealthChecks().Add(new(
            check,
            services => ActivatorUtilities.CreateInstance<ContainerNetworkHealthCheck>(services, network, services.GetRequiredKeyedService<ContainerNetworkLifetime>(name)),
            failureStatus: null,
            tags: null,
            s_checkPatience));
        builder.OnBeforeStart((@event, _) =>
        {
            EnsureAddressesDiffer(network, @event.Model.Resources);
            return Task.CompletedTask;
        });

        return builder.AddResource(network)
            .ExcludeFromManifest()
            .WithIconName("VirtualNetwork")
            .WithInitialState(new()
            {
                ResourceType = "ContainerNetwork",
                State = KnownResourceStates.NotStarted,
                Properties = ContainerNetworkProperties.Of(network),
            })
            .WithHealthCheck(check)
            // A failure is in the log and in the state, and stops the containers that wait for it.
            .OnInitializeResource(async (_, @event, _) => await LifetimeOf(network, @event.Services).UpAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing))
            .WithCommand("inspect", "Inspect", context => InspectAsync(network, context), new()
            {
                IconName = "Search",
                Description = "Show who is on the network, and where.",
                UpdateState = WhileThere,
            })
            .WithCommand("remove", "Remove", context => RemoveAsync(network, context), new()
            {
                IconName = "Delete",
                Description = "Remove the network; refused while containers are on it. One that is started makes it anew.",
                ConfirmationMessage = $"Remove the network '{network.NetworkName}'?",
                UpdateState = WhileThere,
            });
    }

    /// <summary>Names the settings of the application that say how the network is called and where it is: messages send users there.</summary>
    public static IResourceBuilder<ContainerNetworkResource> WithSettings(this IResourceBuilder<ContainerNetworkResource> builder, string name, string subnet)
    {
        (builder.Resource.NameSetting, builder.Resource.SubnetSetting) = (name, subnet);
        return builder;
    }

    /// <summary>
    /// Puts a container on a network, beside the one that Aspire gives it. The others there call it CONTAINER.NETWORK. Not for
    /// containers with a persistent lifetime: one that outlives its AppHost is removed by the next.
    /// </summary>
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
                context.Args.Add(Attachment(ContainerRuntime.NameIn(builder.ApplicationBuilder.Configuration), resource, builder.Resource, checkedAddress));
                context.Args.Add("--label");
                context.Args.Add($"{CreatorLabel.Name}={CreatorLabel.Own}");
            })
            .OnBeforeResourceStarted((_, @event, cancellationToken) => LifetimeOf(resource, @event.Services).EnsureUpAsync(cancellationToken));
    }

    /// <summary>Completes when the network exists; fails with the reason if it cannot be created.</summary>
    public static Task EnsureUpAsync(this ContainerNetworkResource network, IServiceProvider services, CancellationToken cancellationToken) =>
        LifetimeOf(network, services).EnsureUpAsync(cancellationToken);

    /// <summary>The name by which the others on a network reach this container there, wherever it is.</summary>
    public static string AddressOn<T>(this IResourceBuilder<T> builder, IResourceBuilder<ContainerNetworkResource> network) where T : ContainerResource =>
        network.Resource.AliasOf(builder.Resource);

    /// <summary>One argument, for two networks at once are given to a container only so; Podman has words of its own for it.</summary>
    internal static string Attachment(string runtime, ContainerNetworkResource network, IResource container, IPAddress address)
    {
        var key = address.AddressFamily is AddressFamily.InterNetworkV6 ? "ip6" : "ip";

        return runtime is "podman"
            ? $"{network.NetworkName}:{key}={address},alias={network.AliasOf(container)}"
            : $"name={network.NetworkName},{key}={address},alias={network.AliasOf(container)}";
    }

    internal static void EnsureAddressesDiffer(ContainerNetworkResource network, IEnumerable<IResource> resources)
    {
        var taken = ContainerNetworkAnnotation.On(network, resources)
            .GroupBy(entry => entry.Address)
            .FirstOrDefault(group => group.Count() > 1);

        if (taken is not null)
        {
            throw new DistributedApplicationException($"{string.Join(" and ", taken.Select(entry => $"'{entry.Container.Name}'"))} have the same address {taken.Key} on network '{network.Name}'. Give each its own.");
        }
    }

    private static IPAddress AddressOf(string what, IpSubnet subnet, string text) =>
        !IpSubnet.TryParseAddress(text, out var address) ? throw new DistributedApplicationException($"{what} is '{text}', which is no IP address. Give one of {subnet}.")
        : subnet.Objection(address) is { } objection ? throw new DistributedApplicationException($"{what} cannot be {text}: {objection}. Choose another.")
        : address;

    private static ContainerNetworkLifetime LifetimeOf(ContainerNetworkResource network, IServiceProvider services) =>
        services.GetRequiredKeyedService<ContainerNetworkLifetime>(network.Name);

    private static ResourceCommandState WhileThere(UpdateCommandStateContext context) =>
        context.ResourceSnapshot.State?.Text == KnownResourceStates.Running ? ResourceCommandState.Enabled : ResourceCommandState.Disabled;

    private static async Task<ExecuteCommandResult> InspectAsync(ContainerNetworkResource network, ExecuteCommandContext context) =>
        await context.Services.GetRequiredService<ContainerNetworkManager>().InspectAsync(network.NetworkName, context.CancellationToken) is { } state
            ? CommandResults.Success(
                $"{state.Members.Count} containers are on '{network.NetworkName}'.",
                new CommandResultData
                {
                    Format = CommandResultFormat.Markdown,
                    DisplayImmediately = true,
                    Value = $"**{network.NetworkName}**: {state.Describe()}, driver {state.Driver}\n\n{string.Join('\n', state.Members.Select(member => $"- {member}"))}",
                })
            : CommandResults.Failure($"There is no network '{network.NetworkName}'.");

    private static async Task<ExecuteCommandResult> RemoveAsync(ContainerNetworkResource network, ExecuteCommandContext context) =>
        await LifetimeOf(network, context.Services).RemoveAsync(context.CancellationToken) is { } reason
            ? CommandResults.Failure(reason)
            : CommandResults.Success($"Network '{network.NetworkName}' is removed.");
}
