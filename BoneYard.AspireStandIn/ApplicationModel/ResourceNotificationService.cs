using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.ApplicationModel;

public class ResourceEvent(IResource resource, string resourceId, CustomResourceSnapshot snapshot)
{
    public IResource Resource { get; } = resource;

    public string ResourceId { get; } = resourceId;

    public CustomResourceSnapshot Snapshot { get; } = snapshot;
}

/// <summary>Keeps the current snapshot of every resource, tells who watches about each change, and lets callers wait for one.</summary>
public class ResourceNotificationService : IDisposable
{
    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<string, ResourceEvent> _current = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<Channel<ResourceEvent>> _watchers = [];
    private readonly CancellationTokenSource _disposed = new();
    private readonly IServiceProvider _services;

    private readonly ILogger<ResourceNotificationService> _logger;

    internal ResourceNotificationService(IServiceProvider services, ILogger<ResourceNotificationService> logger) => (_services, _logger) = (services, logger);

    public Task PublishUpdateAsync(IResource resource, Func<CustomResourceSnapshot, CustomResourceSnapshot> stateFactory)
    {
        lock (_lock)
        {
            var before = _current.TryGetValue(resource.Name, out var known) ? known.Snapshot : InitialSnapshotOf(resource);
            var after = WithCommandsOf(resource, stateFactory(before));
            var update = new ResourceEvent(resource, resource.Name, after);

            _current[resource.Name] = update;

            if (before.State != after.State || before.HealthStatus != after.HealthStatus)
            {
                _logger.LogDebug("Resource '{Resource}' is {State}, health {Health}.", resource.Name, after.State?.Text, after.HealthStatus);
            }

            foreach (var watcher in _watchers)
            {
                watcher.Writer.TryWrite(update);
            }
        }

        return Task.CompletedTask;
    }

    public bool TryGetCurrentState(string resourceId, [NotNullWhen(true)] out ResourceEvent? resourceEvent) =>
        _current.TryGetValue(resourceId, out resourceEvent);

    /// <summary>The current state of every resource, then every change.</summary>
    public async IAsyncEnumerable<ResourceEvent> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposed.Token);
        var channel = Channel.CreateUnbounded<ResourceEvent>(new() { SingleReader = true });

        lock (_lock)
        {
            foreach (var known in _current.Values)
            {
                channel.Writer.TryWrite(known);
            }

            _watchers.Add(channel);
        }

        try
        {
            await foreach (var update in channel.Reader.ReadAllAsync(linked.Token).ConfigureAwait(false))
            {
                yield return update;
            }
        }
        finally
        {
            lock (_lock)
            {
                _watchers.Remove(channel);
            }
        }
    }

    public Task WaitForResourceAsync(string resourceName, string? targetState = null, CancellationToken cancellationToken = default) =>
        WaitForResourceAsync(resourceName, [targetState ?? KnownResourceStates.Running], cancellationToken);

    public async Task<string> WaitForResourceAsync(string resourceName, IEnumerable<string> targetStates, CancellationToken cancellationToken = default)
    {
        var states = targetStates.ToArray();
        var reached = await WaitForResourceAsync(resourceName, update => states.Contains(update.Snapshot.State?.Text, StringComparer.OrdinalIgnoreCase), cancellationToken).ConfigureAwait(false);
        return reached.Snapshot.State!.Text;
    }

    public async Task<ResourceEvent> WaitForResourceAsync(string resourceName, Func<ResourceEvent, bool> predicate, CancellationToken cancellationToken = default)
    {
        await foreach (var update in WatchAsync(cancellationToken).ConfigureAwait(false))
        {
            if (update.Resource.Name.Equals(resourceName, StringComparison.OrdinalIgnoreCase) && predicate(update))
            {
                return update;
            }
        }

        throw new OperationCanceledException($"The application stopped while waiting for resource '{resourceName}'.");
    }

    public Task<ResourceEvent> WaitForResourceHealthyAsync(string resourceName, CancellationToken cancellationToken = default) =>
        WaitForResourceHealthyAsync(resourceName, WaitBehavior.WaitOnResourceUnavailable, cancellationToken);

    /// <summary>Waits until the resource is running, all its checks are healthy and its ready handlers are done.</summary>
    public async Task<ResourceEvent> WaitForResourceHealthyAsync(string resourceName, WaitBehavior waitBehavior, CancellationToken cancellationToken = default)
    {
        var reached = await WaitForResourceAsync(
            resourceName,
            update => (update.Snapshot.HealthStatus is HealthStatus.Healthy && update.Snapshot.ReadyHandlers is not null)
                || (waitBehavior is WaitBehavior.StopOnResourceUnavailable && IsTerminal(update.Snapshot)),
            cancellationToken).ConfigureAwait(false);

        if (IsTerminal(reached.Snapshot))
        {
            throw new DistributedApplicationException(
                $"Resource '{resourceName}' is in state '{reached.Snapshot.State?.Text}' and will not become healthy. Its console log says why.");
        }

        await reached.Snapshot.ReadyHandlers!.WaitAsync(cancellationToken).ConfigureAwait(false);
        return reached;
    }

    public void Dispose()
    {
        _disposed.Cancel();
        GC.SuppressFinalize(this);
    }

    internal static bool IsTerminal(CustomResourceSnapshot snapshot) =>
        KnownResourceStates.TerminalStates.Contains(snapshot.State?.Text);

    private static CustomResourceSnapshot InitialSnapshotOf(IResource resource)
    {
        var snapshot = resource.TryGetLastAnnotation<ResourceSnapshotAnnotation>(out var initial)
            ? initial.InitialSnapshot
            : new CustomResourceSnapshot { ResourceType = TypeOf(resource), Properties = [] };

        return snapshot with
        {
            HealthReports = [.. resource.HealthChecks().Select(key => new HealthReportSnapshot(key, null, null, null))],
            Relationships =
            [
                .. snapshot.Relationships,
                .. resource.Annotations.OfType<ResourceRelationshipAnnotation>().Select(r => new RelationshipSnapshot(r.Resource.Name, r.Type)).Distinct(),
                .. resource is IResourceWithParent { Parent: var parent } ? (RelationshipSnapshot[])[new(parent.Name, "Parent")] : [],
            ],
            IconName = snapshot.IconName ?? resource.Annotations.OfType<ResourceIconAnnotation>().LastOrDefault()?.IconName,
            IconVariant = snapshot.IconVariant ?? resource.Annotations.OfType<ResourceIconAnnotation>().LastOrDefault()?.IconVariant,
        };
    }

    private static string TypeOf(IResource resource) => resource switch
    {
        ContainerResource => "Container",
        ParameterResource => "Parameter",
        _ => resource.GetType().Name,
    };

    private CustomResourceSnapshot WithCommandsOf(IResource resource, CustomResourceSnapshot snapshot) => snapshot with
    {
        Commands = [.. resource.Annotations.OfType<ResourceCommandAnnotation>().Select(command => command.ToSnapshot(snapshot, _services))],
    };
}

internal static class SnapshotExtensions
{
    /// <summary>Replaces properties of the same name and appends the others.</summary>
    public static ImmutableArray<ResourcePropertySnapshot> SetProperties(this ImmutableArray<ResourcePropertySnapshot> properties, params IEnumerable<ResourcePropertySnapshot> changed)
    {
        var news = changed.ToArray();
        return [.. properties.Where(old => !news.Any(added => added.Name == old.Name)), .. news];
    }
}
