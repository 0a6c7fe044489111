using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace BoneYard.Networking;

/// <summary>The commands of Docker and Podman for networks and the containers on them.</summary>
/// <param name="logger">Receives the commands that change something, and their errors.</param>
internal sealed class NetworkCommands(IContainerRuntime runtime, ILogger logger)
{
    private static readonly Version s_dockerApi = new(1, 44);
    private static readonly Version s_podman = new(4, 0);

    private bool IsPodman => Runtime is "podman";

    /// <summary>docker or podman.</summary>
    public string Runtime => runtime.Name;

    /// <summary>Checks that the runtime can create a container on two networks.</summary>
    /// <exception cref="DistributedApplicationException">The runtime is too old or does not respond.</exception>
    public async Task EnsureSupportedAsync(CancellationToken cancellationToken)
    {
        // Docker's client reports the API version that it negotiated with the engine.
        var result = await runtime.RunAsync(
            ["version", "--format", IsPodman ? "{{.Client.Version}}" : "{{.Client.APIVersion}} {{.Client.Version}} {{.Server.Version}}"], cancellationToken);

        if (!result.Succeeded)
        {
            throw new DistributedApplicationException($"{Runtime} does not respond: {result.Error}. Start it, or set ASPIRE_CONTAINER_RUNTIME to another container runtime.");
        }

        var versions = result.Output.Split(' ');

        if (Version.TryParse(versions[0].Split('-')[0], out var version) && version < (IsPodman ? s_podman : s_dockerApi))
        {
            throw new DistributedApplicationException(IsPodman
                ? $"Podman {versions[0]} is too old: a container on two networks needs Podman {s_podman}. Update it, or use Docker: ASPIRE_CONTAINER_RUNTIME=docker."
                : $"Docker is too old: client {versions[1]} and engine {versions[2]} use API {version}, and a container on two networks needs API {s_dockerApi} (Docker 25). Update both, or use Podman: ASPIRE_CONTAINER_RUNTIME=podman.");
        }
    }

    /// <returns>null if no network has that name.</returns>
    /// <exception cref="DistributedApplicationException">The runtime does not respond.</exception>
    public async Task<NetworkState?> InspectAsync(string name, CancellationToken cancellationToken)
    {
        var result = await runtime.RunAsync(["network", "inspect", name], cancellationToken);

        if (!result.Succeeded)
        {
            return IsNotFound(result) ? null : throw new DistributedApplicationException($"{Runtime} cannot inspect network '{name}': {result.Error}");
        }

        // The name can also match the beginning of another network's id.
        return RuntimeJson.Networks(result.Output).FirstOrDefault(state => state.Name == name) is { } state
            ? state with { Members = await MembersAsync(name, cancellationToken) }
            : null;
    }

    /// <returns>The networks whose addresses overlap with the subnet, without their members.</returns>
    public async Task<NetworkState[]> OverlappingAsync(IpSubnet subnet, CancellationToken cancellationToken)
    {
        var json = await InspectAllAsync("network", await runtime.RunAsync(["network", "ls", "--quiet"], cancellationToken), cancellationToken);
        return [.. RuntimeJson.Networks(json).Where(network => network.Overlaps(subnet))];
    }

    /// <returns>The attached containers, running or not. The description of a Docker network contains only those that run.</returns>
    public async Task<NetworkMember[]> MembersAsync(string network, CancellationToken cancellationToken)
    {
        var listed = await runtime.RunAsync(["ps", "--all", "--quiet", "--no-trunc", "--filter", $"network={network}"], cancellationToken);
        return RuntimeJson.Members(await InspectAllAsync("container", listed, cancellationToken), network);
    }

    public Task<RuntimeResult> CreateAsync(ContainerNetworkResource network, CancellationToken cancellationToken) => RunAsync(
        [
            "network", "create", "--driver", "bridge",
            // With this flag Podman adds an IPv4 subnet. Docker always does.
            .. network.Subnet.Family is AddressFamily.InterNetworkV6 && !IsPodman ? (string[])["--ipv6"] : [],
            "--subnet", network.Subnet.ToString(),
            "--gateway", network.Gateway.ToString(),
            "--label", $"{OwnerLabel.Name}={OwnerLabel.Value}",
            network.NetworkName,
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

    /// <summary>A stopped container of this application gets its network back when it starts. Podman keeps a network that has any containers.</summary>
    public bool Blocks(NetworkMember member) => member.IsRunning || IsPodman || member.Owner is not Owner.ThisProcess;

    private static bool IsNotFound(RuntimeResult result) =>
        result.Error.Contains("not found", StringComparison.OrdinalIgnoreCase) || result.Error.Contains("no such network", StringComparison.OrdinalIgnoreCase);

    /// <summary>An object that was removed in the meantime makes the command fail, but the output contains the others.</summary>
    private async Task<string> InspectAllAsync(string type, RuntimeResult listed, CancellationToken cancellationToken)
    {
        var ids = listed.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return ids.Length > 0 && await runtime.RunAsync([type, "inspect", .. ids], cancellationToken) is { Output: ['[', ..] json } ? json : "[]";
    }

    private async Task<RuntimeResult> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        logger.LogInformation("{Runtime} {Arguments}", Runtime, string.Join(' ', arguments));
        var result = await runtime.RunAsync(arguments, cancellationToken);

        if (!result.Succeeded)
        {
            logger.LogWarning("{Error}", result.Error);
        }

        return result;
    }
}
