using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace BoneYard.Networking;

/// <summary>Makes, inspects and removes networks. What another made it reuses when it is the same, and never touches when it differs.</summary>
internal sealed class ContainerNetworkManager(IContainerRuntime runtime, Func<IReadOnlyList<(string Interface, IpSubnet Subnet)>> hostNetworks)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_ownersPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(200);

    /// <summary>Makes the network, or takes the one that is there.</summary>
    /// <param name="wanted">The addresses that are needed there, and by whom.</param>
    /// <returns>Whether it is this AppHost's to remove.</returns>
    /// <exception cref="DistributedApplicationException">There is another of that name, or something in the way; the message names it.</exception>
    public async Task<bool> EnsureAsync(ContainerNetworkResource network, IReadOnlyDictionary<IPAddress, string> wanted, ILogger logger, CancellationToken cancellationToken)
    {
        await RuntimeVersion.EnsureIsNewEnoughAsync(runtime, cancellationToken);

        if (await InspectAsync(network.NetworkName, cancellationToken) is { } existing)
        {
            return await ReuseAsync(network, existing, wanted, logger, cancellationToken);
        }

        await EnsureNothingIsInTheWayAsync(network, logger, cancellationToken);
        var created = await RunAsync(CreateArguments(network), logger, cancellationToken);

        if (!created.Succeeded)
        {
            // Another AppHost may have been quicker.
            return await InspectAsync(network.NetworkName, cancellationToken) is { } other
                ? await ReuseAsync(network, other, wanted, logger, cancellationToken)
                : throw new DistributedApplicationException($"Network '{network.NetworkName}' could not be made: {created.Error}");
        }

        return true;
    }

    /// <returns>null when there is no network of that name.</returns>
    public async Task<NetworkState?> InspectAsync(string networkName, CancellationToken cancellationToken)
    {
        var result = await runtime.RunAsync(["network", "inspect", networkName], cancellationToken);

        if (!result.Succeeded)
        {
            return IsNotFound(result) ? null : throw new DistributedApplicationException($"{runtime.Name} could not be asked for network '{networkName}': {result.Error}");
        }

        // The name may be the beginning of another one's id.
        return RuntimeJson.Networks(result.Output).FirstOrDefault(state => state.Name == networkName) is { } state
            ? state with { Members = await MembersAsync(networkName, cancellationToken) }
            : null;
    }

    /// <summary>Removes the network unless somebody uses it, or has put another in its place.</summary>
    /// <returns>Why it is still there; null when it is gone.</returns>
    public async Task<string?> RemoveAsync(ContainerNetworkResource network, ILogger logger, CancellationToken cancellationToken)
    {
        var state = await InspectAsync(network.NetworkName, cancellationToken);

        if (state is null)
        {
            return null;
        }

        if (!state.Has(network.Subnet, network.Gateway))
        {
            return $"Network '{network.NetworkName}' is another one now: it has {state.Describe()}.";
        }

        // One of our own that does not run is made anew when it starts; what becomes of another's is not known. Podman keeps a network
        // for as long as there is any container of it.
        if (state.Members.Where(member => member.IsRunning || runtime.Name is "podman" || !CreatorLabel.IsOurs(member.Labels)).Select(member => member.Name).ToArray() is { Length: > 0 } users)
        {
            return $"Network '{network.NetworkName}' is in use by {string.Join(", ", users)}. Stop or remove them first.";
        }

        var removed = await RunAsync(["network", "rm", state.Id], logger, cancellationToken);
        return removed.Succeeded || IsNotFound(removed) ? null : removed.Error;
    }

    private static bool IsNotFound(RuntimeResult result) =>
        result.Error.Contains("not found", StringComparison.OrdinalIgnoreCase) || result.Error.Contains("no such network", StringComparison.OrdinalIgnoreCase);

    /// <summary>All that are attached: Docker's own description of a network leaves out those that do not run, Podman's all of them.</summary>
    private async Task<IReadOnlyList<NetworkMember>> MembersAsync(string networkName, CancellationToken cancellationToken)
    {
        var ids = Lines(await runtime.RunAsync(["ps", "--all", "--quiet", "--no-trunc", "--filter", $"network={networkName}"], cancellationToken));

        // One that vanishes meanwhile makes the command fail, and still print the others.
        return ids.Length > 0 && await runtime.RunAsync(["container", "inspect", .. ids], cancellationToken) is { Output: ['[', ..] json }
            ? RuntimeJson.Members(json, networkName)
            : [];
    }

    private async Task<bool> ReuseAsync(
        ContainerNetworkResource network, NetworkState existing, IReadOnlyDictionary<IPAddress, string> wanted, ILogger logger, CancellationToken cancellationToken)
    {
        var isOurs = CreatorLabel.IsOurs(existing.Labels);
        var isOrphaned = CreatorLabel.IsOrphaned(existing.Labels);
        var members = await RemoveOrphansAsync(existing, logger, cancellationToken);

        // What a killed AppHost left belongs to whoever comes next, and is made anew to bear that one's label: to all others it would look orphaned.
        if (members.Count == 0 && (isOrphaned || isOurs && !existing.Has(network.Subnet, network.Gateway)))
        {
            logger.LogInformation("Network '{Network}' of an earlier start has {Difference}; it is made anew.", network.NetworkName, existing.Describe());
            var removed = await RunAsync(["network", "rm", existing.Id], logger, cancellationToken);

            return removed.Succeeded || IsNotFound(removed)
                ? await EnsureAsync(network, wanted, logger, cancellationToken)
                : throw new DistributedApplicationException($"Network '{network.NetworkName}' of an earlier start has {existing.Describe()} and cannot be removed: {removed.Error}");
        }

        if (members.Count == 0 && CreatorLabel.IsOfAnother(existing.Labels) && await ChangesAsync(existing, logger, cancellationToken))
        {
            return await EnsureAsync(network, wanted, logger, cancellationToken);
        }

        if (existing.Has(network.Subnet, network.Gateway))
        {
            EnsureAddressesAreFree(network, members, wanted);
            logger.LogInformation("Network '{Network}' is there already, as it should be.", network.NetworkName);
            return isOurs || isOrphaned;
        }

        throw new DistributedApplicationException(
            $"There is a network '{network.NetworkName}' with {existing.Describe()}; wanted are subnet {network.Subnet}, gateway {network.Gateway}. Choose another name ({network.NameSetting}), or remove that one: {runtime.Name} network rm {network.NetworkName}");
    }

    /// <summary>One of another AppHost with nobody on it is about to be used, or to be removed: waits for a while to see.</summary>
    private async Task<bool> ChangesAsync(NetworkState state, ILogger logger, CancellationToken cancellationToken)
    {
        logger.LogInformation("Network '{Network}' is another AppHost's that has nobody on it yet, or any more. Waiting for at most {Patience} s to see which.", state.Name, s_ownersPatience.TotalSeconds);

        for (var started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started) < s_ownersPatience;)
        {
            await Task.Delay(s_poll, cancellationToken);

            if (await InspectAsync(state.Name, cancellationToken) is not { Members: [] } now || now.Id != state.Id || !CreatorLabel.IsOfAnother(now.Labels))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Removes the containers of an AppHost that was killed. The orchestrator, where that lives on, is at it as well, but takes its
    /// time; meanwhile they hold their addresses, and the database its files.
    /// </summary>
    /// <returns>The members that remain.</returns>
    private async Task<IReadOnlyList<NetworkMember>> RemoveOrphansAsync(NetworkState state, ILogger logger, CancellationToken cancellationToken)
    {
        var members = state.Members;
        var started = Stopwatch.GetTimestamp();

        while (members.Where(member => CreatorLabel.IsOrphaned(member.Labels)).Select(member => member.Name).ToArray() is { Length: > 0 } orphans)
        {
            if (Stopwatch.GetElapsedTime(started) > s_patience)
            {
                throw new DistributedApplicationException($"An AppHost that runs no more left {string.Join(", ", orphans)} on network '{state.Name}', and they cannot be removed. Try it by hand: {runtime.Name} rm --force {string.Join(' ', orphans)}");
            }

            logger.LogInformation("An AppHost that runs no more left {Containers} on network '{Network}'.", string.Join(", ", orphans), state.Name);
            await RunAsync(["rm", "--force", "--volumes", .. orphans], logger, cancellationToken);
            // Someone else may be removing them at this moment.
            await Task.Delay(s_poll, cancellationToken);
            members = await MembersAsync(state.Name, cancellationToken);
        }

        return members;
    }

    private void EnsureAddressesAreFree(ContainerNetworkResource network, IReadOnlyList<NetworkMember> members, IReadOnlyDictionary<IPAddress, string> wanted)
    {
        foreach (var (address, container) in wanted)
        {
            // One of our own that is there already is not in its own way.
            if (members.FirstOrDefault(member => member.Addresses.Contains(address) && !CreatorLabel.IsOurs(member.Labels)) is { } holder)
            {
                throw new DistributedApplicationException(
                    $"Address {address} of '{container}' on network '{network.NetworkName}' is taken by container '{holder.Name}'. Stop the application that it belongs to, remove it when it belongs to none ({runtime.Name} rm --force {holder.Name}), or choose another network ({string.Join(", ", new[] { network.NameSetting, network.SubnetSetting }.Distinct())}).");
            }
        }
    }

    private async Task EnsureNothingIsInTheWayAsync(ContainerNetworkResource network, ILogger logger, CancellationToken cancellationToken)
    {
        foreach (var other in await OverlappingAsync(network.Subnet, cancellationToken))
        {
            if (!await RemoveIfOrphanedAsync(other, logger, cancellationToken))
            {
                throw InTheWay(network, $"container network '{other.Name}' ({other.Describe()})");
            }
        }

        if (hostNetworks().FirstOrDefault(host => host.Subnet.Overlaps(network.Subnet)) is { Interface: { } name } found)
        {
            throw InTheWay(network, $"the route of this host to {found.Subnet} over {name}");
        }
    }

    private async Task<NetworkState[]> OverlappingAsync(IpSubnet subnet, CancellationToken cancellationToken)
    {
        var names = Lines(await runtime.RunAsync(["network", "ls", "--format", "{{.Name}}"], cancellationToken));

        // One that vanishes meanwhile makes the command fail, and still print the others.
        return names.Length > 0 && await runtime.RunAsync(["network", "inspect", .. names], cancellationToken) is { Output: ['[', ..] json }
            ? [.. RuntimeJson.Networks(json).Where(other => other.Ranges.Any(range => range.Subnet.Overlaps(subnet)))]
            : [];
    }

    /// <summary>One that a killed AppHost left under another name, and that nobody uses.</summary>
    private async Task<bool> RemoveIfOrphanedAsync(NetworkState other, ILogger logger, CancellationToken cancellationToken)
    {
        if (!CreatorLabel.IsOrphaned(other.Labels))
        {
            return false;
        }

        var state = other with { Members = await MembersAsync(other.Name, cancellationToken) };

        return (await RemoveOrphansAsync(state, logger, cancellationToken)).Count == 0
            && (await RunAsync(["network", "rm", other.Id], logger, cancellationToken)).Succeeded;
    }

    private static DistributedApplicationException InTheWay(ContainerNetworkResource network, string what) =>
        new($"Subnet {network.Subnet} of network '{network.NetworkName}' overlaps with {what}. Choose another ({network.SubnetSetting}).");

    private List<string> CreateArguments(ContainerNetworkResource network) =>
    [
        "network", "create", "--driver", "bridge",
        // To Podman the subnet says so; with the flag it would add an IPv4 subnet, as Docker cannot help doing.
        .. network.Subnet.Family is AddressFamily.InterNetworkV6 && runtime.Name is not "podman" ? (string[])["--ipv6"] : [],
        "--subnet", network.Subnet.ToString(),
        "--gateway", network.Gateway.ToString(),
        "--label", $"{CreatorLabel.Name}={CreatorLabel.Own}",
        network.NetworkName,
    ];

    private static string[] Lines(RuntimeResult result) => result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

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
