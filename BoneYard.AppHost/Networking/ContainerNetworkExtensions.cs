using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace BoneYard.Networking;

/// <summary>Adds container networks with static addresses, which Aspire does not have (microsoft/aspire issue 850).</summary>
internal static class ContainerNetworkExtensions
{
    /// <summary>Adds a network. It is created before its containers start, and removed at the end unless another application uses it.</summary>
    /// <param name="subnet">A subnet such as <c>10.11.12.0/24</c>.</param>
    /// <param name="gateway">An address of the subnet; null uses the last one.</param>
    /// <param name="networkName">The name that the container runtime uses; null uses <paramref name="name"/>.</param>
    /// <exception cref="DistributedApplicationException">The subnet or the gateway is not valid.</exception>
    public static IResourceBuilder<ContainerNetworkResource> AddContainerNetwork(
        this IDistributedApplicationBuilder builder, string name, string subnet, string? gateway = null, string? networkName = null)
    {
        if (!IpSubnet.TryParse(subnet, out var range))
        {
            throw new DistributedApplicationException($"'{subnet}' is not a valid subnet for network '{name}'. Use {IpSubnet.Allowed}.");
        }

        var gatewayAddress = gateway is null ? range.LastHost : ParseAddress($"the gateway of network '{name}'", range, gateway);
        var resource = builder.AddResource(new ContainerNetworkResource(name, networkName ?? name, range, gatewayAddress)).ExcludeFromManifest().WithDashboard();

        return builder.ExecutionContext.IsRunMode ? resource.WithLifetime() : resource;
    }

    /// <summary>Names the application's settings for the network's name and its subnet, which error messages refer to.</summary>
    public static IResourceBuilder<ContainerNetworkResource> WithSettings(this IResourceBuilder<ContainerNetworkResource> builder, string name, string subnet)
    {
        builder.Resource.Settings = (name, subnet);
        return builder;
    }

    /// <summary>
    /// Attaches a container to a network, in addition to Aspire's own. Its name there is CONTAINER.NETWORK. Containers with a persistent
    /// lifetime are not supported: the next start removes them.
    /// </summary>
    /// <param name="address">The static address on the network.</param>
    /// <exception cref="DistributedApplicationException">The container cannot have this address.</exception>
    public static IResourceBuilder<T> WithNetwork<T>(this IResourceBuilder<T> builder, IResourceBuilder<ContainerNetworkResource> network, string address)
        where T : ContainerResource
    {
        var (container, target) = (builder.Resource, network.Resource);
        var what = $"the address of '{container.Name}' on network '{target.Name}'";
        var parsed = ParseAddress(what, target.Subnet, address);

        if (parsed.Equals(target.Gateway) || !target.Containers.TryAdd(parsed, container.Name))
        {
            var holder = target.Containers.TryGetValue(parsed, out var other) ? $"'{other}'" : "the gateway";
            throw NotAllowed(what, address, $"it is the address of {holder}");
        }

        builder.WithReferenceRelationship(target);

        if (builder.ApplicationBuilder.ExecutionContext.IsRunMode)
        {
            var attachment = Attachment(ContainerRuntime.NameIn(builder.ApplicationBuilder.Configuration), target, container, parsed);
            builder.WithContainerRuntimeArgs("--network", attachment, "--label", $"{OwnerLabel.Name}={OwnerLabel.Value}")
                .OnBeforeResourceStarted((_, @event, cancellationToken) => target.EnsureUpAsync(@event.Services, cancellationToken));
        }

        return builder;
    }

    /// <summary>Completes when the network exists; fails with the reason if it cannot be created.</summary>
    public static Task EnsureUpAsync(this ContainerNetworkResource network, IServiceProvider services, CancellationToken cancellationToken) =>
        network.LifetimeIn(services).EnsureUpAsync(cancellationToken);

    /// <summary>Returns the host name of a container on a network.</summary>
    public static string AddressOn<T>(this IResourceBuilder<T> builder, IResourceBuilder<ContainerNetworkResource> network) where T : ContainerResource =>
        network.Resource.AliasOf(builder.Resource);

    /// <summary>The value of <c>--network</c>. Options such as <c>--ip</c> would apply to Aspire's network.</summary>
    internal static string Attachment(string runtime, ContainerNetworkResource network, IResource container, IPAddress address)
    {
        var options = $"{(address.AddressFamily is AddressFamily.InterNetworkV6 ? "ip6" : "ip")}={address},alias={network.AliasOf(container)}";
        return runtime is "podman" ? $"{network.NetworkName}:{options}" : $"name={network.NetworkName},{options}";
    }

    internal static ContainerNetworkLifetime LifetimeIn(this ContainerNetworkResource network, IServiceProvider services) =>
        services.GetRequiredKeyedService<ContainerNetworkLifetime>(network.Name);

    private static IResourceBuilder<ContainerNetworkResource> WithLifetime(this IResourceBuilder<ContainerNetworkResource> resource)
    {
        var (builder, network) = (resource.ApplicationBuilder, resource.Resource);
        var check = $"{network.Name}_check";

        // Containers keep the network in use. By default Aspire ends before it has removed them.
        builder.Configuration["DcpPublisher:WaitForResourceCleanup"] ??= bool.TrueString;
        // Aspire must create the containers on the same engine.
        var runtime = builder.Configuration[ContainerRuntime.Setting] ??= ContainerRuntime.NameIn(builder.Configuration);

        builder.Services.TryAddSingleton<IContainerRuntime>(_ => new ContainerRuntime(runtime));
        builder.Services.AddKeyedSingleton(network.Name, (services, _) => ActivatorUtilities.CreateInstance<ContainerNetworkLifetime>(services, network));
        // The first hosted service starts before the orchestrator and stops after it has removed the containers.
        builder.Services.Insert(0, ServiceDescriptor.Singleton<IHostedService>(services => network.LifetimeIn(services)));
        builder.Services.AddHealthChecks().Add(new(check, services => network.LifetimeIn(services), failureStatus: null, tags: null, TimeSpan.FromSeconds(10)));

        return resource
            .WithHealthCheck(check)
            // The log and the state show a failure, and the containers of the network do not start.
            .OnInitializeResource(async (_, @event, cancellationToken) =>
                await network.EnsureUpAsync(@event.Services, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing));
    }

    private static IPAddress ParseAddress(string what, IpSubnet subnet, string text)
    {
        if (!IpSubnet.TryParseAddress(text, out var address))
        {
            throw new DistributedApplicationException($"'{text}' is not a valid IP address for {what}. Use an address of {subnet}.");
        }

        return subnet.Validate(address) is { } reason ? throw NotAllowed(what, text, reason) : address;
    }

    private static DistributedApplicationException NotAllowed(string what, string address, string reason) =>
        new($"{address} cannot be {what}: {reason}. Choose another address.");
}
