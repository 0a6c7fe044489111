using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace BoneYard.Networking;

/// <summary>
/// Creates, inspects and removes a network. It reuses an existing network with the same settings, and neither changes nor removes one
/// that another application created.
/// </summary>
internal sealed class ContainerNetworkManager(ContainerNetworkResource network, IContainerRuntime runtime, Func<IReadOnlyList<HostRoute>> hostRoutes, ILogger logger)
{
    private static readonly TimeSpan s_orphansTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_retryDelay = TimeSpan.FromMilliseconds(200);

    private readonly NetworkCommands _commands = new(runtime, logger);

    /// <summary>Creates the network, or reuses the existing one.</summary>
    /// <returns>Whether this application owns the network and removes it at the end.</returns>
    /// <exception cref="DistributedApplicationException">The name, the subnet or an address is in use; the message names the user.</exception>
    public async Task<bool> EnsureAsync(CancellationToken cancellationToken)
    {
        // In parallel: every start waits for these commands, and each takes about 0.1 s.
        var supported = _commands.EnsureSupportedAsync(cancellationToken);
        var inspected = InspectAsync(cancellationToken);
        await Task.WhenAll(supported, inspected);

        return await inspected is { } existing
            ? await ReuseAsync(existing, cancellationToken)
            : await CreateAsync(cancellationToken);
    }

    /// <inheritdoc cref="NetworkCommands.InspectAsync"/>
    public Task<NetworkState?> InspectAsync(CancellationToken cancellationToken) => _commands.InspectAsync(network.NetworkName, cancellationToken);

    /// <summary>Removes the network unless it is in use or was recreated with different settings.</summary>
    /// <returns>The reason why it still exists; null if it was removed.</returns>
    public async Task<string?> RemoveAsync(CancellationToken cancellationToken)
    {
        if (await InspectAsync(cancellationToken) is not { } state)
        {
            return null;
        }

        if (!state.Has(network.Subnet, network.Gateway))
        {
            return $"Network '{network.NetworkName}' was recreated with different settings: {state}.";
        }

        // Docker removes a network that has stopped containers. One of this application gets its network back when it starts.
        var users = state.Members.Where(member => member.IsRunning || member.Owner is not Owner.ThisProcess).Select(member => member.Name).ToArray();

        return users.Length > 0
            ? $"Network '{network.NetworkName}' is in use by {string.Join(", ", users)}. Stop or remove them first."
            : await _commands.RemoveAsync(state, cancellationToken);
    }

    private async Task<bool> CreateAsync(CancellationToken cancellationToken)
    {
        var route = hostRoutes().FirstOrDefault(route => route.Subnet.Overlaps(network.Subnet));
        var created = route is null ? await _commands.CreateAsync(network, cancellationToken) : null;

        if (created is { Succeeded: true })
        {
            return true;
        }

        // Another application may have created it in the meantime.
        if (await InspectAsync(cancellationToken) is { } existing)
        {
            return await ReuseAsync(existing, cancellationToken);
        }

        // The runtime refuses overlapping networks too, but does not name them. The route may be that of a network.
        var other = await _commands.FindOverlappingAsync(network.Subnet, cancellationToken);
        var overlap = other is not null ? $"container network '{other.Name}' ({other})"
            : route is not null ? $"the route of this host to {route.Subnet} over {route.Interface}"
            : null;

        throw new DistributedApplicationException(overlap is null
            ? $"Network '{network.NetworkName}' cannot be created: {created?.Error}"
            : $"Subnet {network.Subnet} of network '{network.NetworkName}' overlaps with {overlap}. Choose another subnet ({network.Settings.Subnet}).");
    }

    private async Task<bool> ReuseAsync(NetworkState existing, CancellationToken cancellationToken)
    {
        var members = await RemoveOrphansAsync(existing.Members, cancellationToken);

        // An orphaned network is created again even if it has the right settings: other applications would remove it.
        if (members.Count == 0 && existing.Owner is Owner.TerminatedProcess)
        {
            return await _commands.RemoveAsync(existing, cancellationToken) is { } error
                ? throw new DistributedApplicationException($"Network '{network.NetworkName}' of an earlier start has {existing} and cannot be removed: {error}")
                : await CreateAsync(cancellationToken);
        }

        if (!existing.Has(network.Subnet, network.Gateway))
        {
            throw new DistributedApplicationException(
                $"Network '{network.NetworkName}' already exists with {existing}; required are subnet {network.Subnet}, gateway {network.Gateway}. "
                + $"Choose another name ({network.Settings.Name}), or remove it: {runtime.Name} network rm {network.NetworkName}");
        }

        EnsureAddressesAreFree(members);
        logger.LogInformation("Network '{Network}' already exists with the same settings and is reused.", network.NetworkName);
        return existing.Owner is not Owner.Other;
    }

    /// <summary>
    /// Removes the containers of a terminated application: they hold addresses and database files. Aspire's orchestrator removes them too,
    /// if it is still running, but later.
    /// </summary>
    /// <returns>The remaining members.</returns>
    private async Task<IReadOnlyList<NetworkMember>> RemoveOrphansAsync(IReadOnlyList<NetworkMember> members, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();

        while (members.Where(member => member.Owner is Owner.TerminatedProcess).Select(member => member.Name).ToArray() is { Length: > 0 } orphans)
        {
            if (Stopwatch.GetElapsedTime(started) > s_orphansTimeout)
            {
                throw new DistributedApplicationException(
                    $"Containers of a terminated AppHost remain on network '{network.NetworkName}': {string.Join(", ", orphans)}. "
                    + $"Remove them: {runtime.Name} rm --force {string.Join(' ', orphans)}");
            }

            logger.LogInformation("Removing the containers of a terminated AppHost from network '{Network}'.", network.NetworkName);
            await _commands.RemoveContainersAsync(orphans, cancellationToken);
            // The orchestrator may be removing them at this moment.
            await Task.Delay(s_retryDelay, cancellationToken);
            members = await _commands.MembersAsync(network.NetworkName, cancellationToken);
        }

        return members;
    }

    private void EnsureAddressesAreFree(IEnumerable<NetworkMember> members)
    {
        foreach (var holder in members.Where(member => member.Owner is not Owner.ThisProcess))
        {
            if (holder.Addresses.FirstOrDefault(network.Containers.ContainsKey) is { } address)
            {
                throw new DistributedApplicationException(
                    $"Address {address} of '{network.Containers[address]}' on network '{network.NetworkName}' is in use by container '{holder.Name}'. "
                    + $"Stop the application that uses it, remove the container ({runtime.Name} rm --force {holder.Name}), "
                    + $"or choose another network ({network.Settings.Name}, {network.Settings.Subnet}).");
            }
        }
    }
}
