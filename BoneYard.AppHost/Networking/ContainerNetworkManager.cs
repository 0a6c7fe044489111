using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace BoneYard.Networking;

/// <summary>Makes, inspects and removes networks. What another made it reuses when it is the same, and never touches when it differs.</summary>
internal sealed class ContainerNetworkManager(IContainerRuntime runtime, string owner, Func<IReadOnlyList<(string Interface, IpSubnet Subnet)>> hostNetworks)
{
    /// <summary>Who made a network: an AppHost's folder. One that was killed leaves a network which its next start takes over.</summary>
    public const string OwnerLabel = "boneyard.network.owner";

    /// <summary>Makes the network, or takes the one that is there.</summary>
    /// <returns>Whether it is this AppHost's to remove.</returns>
    /// <exception cref="DistributedApplicationException">There is another of that name, or one in the way; the message names it.</exception>
    public async Task<bool> EnsureAsync(ContainerNetworkResource network, ILogger logger, CancellationToken cancellationToken)
    {
        if (await InspectAsync(network.NetworkName, cancellationToken) is { } existing)
        {
            return await ReuseAsync(network, existing, logger, cancellationToken);
        }

        await EnsureNothingIsInTheWayAsync(network, cancellationToken);
        var created = await RunAsync(CreateArguments(network), logger, cancellationToken);

        if (!created.Succeeded)
        {
            // Another AppHost may have been quicker.
            return await InspectAsync(network.NetworkName, cancellationToken) is { } other
                ? await ReuseAsync(network, other, logger, cancellationToken)
                : throw new DistributedApplicationException($"Network '{network.NetworkName}' could not be made: {created.Error}");
        }

        return true;
    }

    /// <returns>null when there is no network of that name.</returns>
    public async Task<NetworkState?> InspectAsync(string networkName, CancellationToken cancellationToken)
    {
        var result = await runtime.RunAsync(["network", "inspect", networkName], cancellationToken);

        return result.Succeeded
            ? NetworkState.Parse(result.Output).FirstOrDefault(state => state.Name == networkName)
            : IsNotFound(result) ? null : throw new DistributedApplicationException($"{runtime.Name} could not be asked for network '{networkName}': {result.Error}");
    }

    /// <summary>Removes the network unless somebody uses it.</summary>
    /// <returns>Why it is still there; null when it is gone.</returns>
    public async Task<string?> RemoveAsync(ContainerNetworkResource network, ILogger logger, CancellationToken cancellationToken)
    {
        var state = await InspectAsync(network.NetworkName, cancellationToken);

        if (state is null)
        {
            return null;
        }

        if (state.Members.Count > 0)
        {
            return $"Network '{network.NetworkName}' is in use by {string.Join(", ", state.Members.Keys.Order(StringComparer.Ordinal))}. Stop them first.";
        }

        var removed = await RunAsync(["network", "rm", network.NetworkName], logger, cancellationToken);
        return removed.Succeeded || IsNotFound(removed) ? null : removed.Error;
    }

    private static bool IsNotFound(RuntimeResult result) =>
        result.Error.Contains("not found", StringComparison.OrdinalIgnoreCase) || result.Error.Contains("no such network", StringComparison.OrdinalIgnoreCase);

    private async Task<bool> ReuseAsync(ContainerNetworkResource network, NetworkState existing, ILogger logger, CancellationToken cancellationToken)
    {
        var isOurs = existing.Labels.GetValueOrDefault(OwnerLabel) == owner;

        if (existing.Has(network.Subnet, network.Gateway))
        {
            logger.LogInformation("Network '{Network}' is there already, as it should be.", network.NetworkName);
            return isOurs;
        }

        if (isOurs && existing.Members.Count == 0)
        {
            logger.LogInformation("Network '{Network}' of an earlier start has {Difference}; it is made anew.", network.NetworkName, existing.Describe());
            await RunAsync(["network", "rm", network.NetworkName], logger, cancellationToken);
            return await EnsureAsync(network, logger, cancellationToken);
        }

        throw new DistributedApplicationException(
            $"There is a network '{network.NetworkName}' with {existing.Describe()}; wanted are subnet {network.Subnet}, gateway {network.Gateway}. Choose another name with --network, or remove that one: {runtime.Name} network rm {network.NetworkName}");
    }

    private async Task EnsureNothingIsInTheWayAsync(ContainerNetworkResource network, CancellationToken cancellationToken)
    {
        var names = (await runtime.RunAsync(["network", "ls", "--format", "{{.Name}}"], cancellationToken)).Output
            .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

        if (names.Length > 0)
        {
            // One that vanishes meanwhile makes the command fail, and still print the others.
            var result = await runtime.RunAsync(["network", "inspect", .. names], cancellationToken);

            foreach (var other in result.Output.StartsWith('[') ? NetworkState.Parse(result.Output) : [])
            {
                if (other.Ranges.FirstOrDefault(range => range.Subnet.Overlaps(network.Subnet)) is { Subnet: var taken } && taken != default)
                {
                    throw InTheWay(network, $"container network '{other.Name}' ({taken})");
                }
            }
        }

        if (hostNetworks().FirstOrDefault(host => host.Subnet.Overlaps(network.Subnet)) is { Interface: { } name } found)
        {
            throw InTheWay(network, $"interface {name} of this host ({found.Subnet})");
        }
    }

    private static DistributedApplicationException InTheWay(ContainerNetworkResource network, string what) =>
        new($"Subnet {network.Subnet} of network '{network.NetworkName}' overlaps with {what}. Choose another with --subnet.");

    private List<string> CreateArguments(ContainerNetworkResource network) =>
    [
        "network", "create", "--driver", "bridge",
        .. network.Subnet.Family is AddressFamily.InterNetworkV6 ? (string[])["--ipv6"] : [],
        "--subnet", network.Subnet.ToString(),
        "--gateway", network.Gateway.ToString(),
        "--label", $"{OwnerLabel}={owner}",
        network.NetworkName,
    ];

    private async Task<RuntimeResult> RunAsync(IReadOnlyList<string> arguments, ILogger logger, CancellationToken cancellationToken)
    {
        logger.LogInformation("{Runtime} {Arguments}", runtime.Name, string.Join(' ', arguments));
        var result = await runtime.RunAsync(arguments, cancellationToken);

        if (!result.Succeeded)
        {
            logger.LogError("{Error}", result.Error);
        }

        return result;
    }
}
