using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace BoneYard.Networking;

/// <summary>The commands of Docker and Podman for networks and the containers on them.</summary>
/// <param name="logger">Receives the commands that change something, and their errors.</param>
internal sealed class NetworkCommands(IContainerRuntime runtime, ILogger logger)
{
    private bool IsPodman => runtime.Name is "podman";

    /// <summary>Checks that the runtime can create a container on two networks.</summary>
    /// <exception cref="DistributedApplicationException">The runtime is too old.</exception>
    public async Task EnsureSupportedAsync(CancellationToken cancellationToken)
    {
        // Docker's client reports the API version that it negotiated with the engine; Podman's API has the version of Podman.
        var result = await runtime.RunAsync(["version", "--format", "{{.Client.APIVersion}}"], cancellationToken);
        var (minimum, product) = IsPodman ? (new Version(4, 0), "Podman 4") : (new Version(1, 44), "Docker 25");

        if (Version.TryParse(result.Output, out var version) && version < minimum)
        {
            throw new DistributedApplicationException(
                $"{runtime.Name} is too old: it has API {version}, and a container on two networks needs API {minimum} ({product}). "
                + "Update its client and its engine, or set ASPIRE_CONTAINER_RUNTIME to another container runtime.");
        }
    }

    /// <returns>null if no network has that name.</returns>
    /// <exception cref="DistributedApplicationException">The runtime does not respond.</exception>
    public async Task<NetworkState?> InspectAsync(string name, CancellationToken cancellationToken)
    {
        var result = await runtime.RunAsync(["network", "inspect", name], cancellationToken);

        if (!result.Succeeded)
        {
            return IsNotFound(result) ? null : throw new DistributedApplicationException(
                $"{runtime.Name} cannot inspect network '{name}' ({result.Error}). Start it, or set ASPIRE_CONTAINER_RUNTIME to another container runtime.");
        }

        // The name can also match the beginning of another network's id.
        return RuntimeJson.Networks(result.Output).FirstOrDefault(state => state.Name == name) is { } state
            ? state with { Members = await MembersAsync(name, cancellationToken) }
            : null;
    }

    /// <returns>A network whose addresses overlap with the subnet, without its members; otherwise null.</returns>
    public async Task<NetworkState?> FindOverlappingAsync(IpSubnet subnet, CancellationToken cancellationToken)
    {
        var json = await InspectAllAsync("network", ["ls", "--quiet"], cancellationToken);
        return RuntimeJson.Networks(json).FirstOrDefault(network => network.Overlaps(subnet));
    }

    /// <returns>The attached containers, running or not. The description of a Docker network contains only those that run.</returns>
    public async Task<NetworkMember[]> MembersAsync(string network, CancellationToken cancellationToken)
    {
        var json = await InspectAllAsync("container", ["ls", "--all", "--quiet", "--no-trunc", "--filter", $"network={network}"], cancellationToken);
        return RuntimeJson.Members(json, network);
    }

    public Task<RuntimeResult> CreateAsync(ContainerNetworkResource network, CancellationToken cancellationToken) => RunAsync(
        [
            "network", "create", "--driver", "bridge",
            // With this flag Podman adds an IPv4 subnet. Docker always does.
            .. network.Subnet.Family is AddressFamily.InterNetworkV6 && !IsPodman ? (string[])["--ipv6"] : [],
            "--subnet", $"{network.Subnet}", "--gateway", $"{network.Gateway}", "--label", $"{OwnerLabel.Name}={OwnerLabel.Value}", network.NetworkName,
        ],
        cancellationToken);

    /// <returns>The runtime's error; null if the network no longer exists.</returns>
    public async Task<string?> RemoveAsync(NetworkState network, CancellationToken cancellationToken)
    {
        // The id is never that of a later network with the same name.
        var result = await RunAsync(["network", "rm", network.Id], cancellationToken);
        return result.Succeeded || IsNotFound(result) ? null : result.Error;
    }

    public Task RemoveContainersAsync(IEnumerable<string> names, CancellationToken cancellationToken) =>
        RunAsync(["rm", "--force", "--volumes", .. names], cancellationToken);

    private static bool IsNotFound(RuntimeResult result) => result.Error.Contains("not found", StringComparison.Ordinal);

    /// <summary>An object that was removed in the meantime makes the command fail, but the output contains the others.</summary>
    private async Task<string> InspectAllAsync(string type, string[] list, CancellationToken cancellationToken)
    {
        var listed = await runtime.RunAsync([type, .. list], cancellationToken);
        var ids = listed.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return ids.Length > 0 && await runtime.RunAsync([type, "inspect", .. ids], cancellationToken) is { Output: ['[', ..] json } ? json : "[]";
    }

    private async Task<RuntimeResult> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        logger.LogInformation("{Runtime} {Arguments}", runtime.Name, string.Join(' ', arguments));
        var result = await runtime.RunAsync(arguments, cancellationToken);

        if (!result.Succeeded)
        {
            logger.LogWarning("{Error}", result.Error);
        }

        return result;
    }
}
