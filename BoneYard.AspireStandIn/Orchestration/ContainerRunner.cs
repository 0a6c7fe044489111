using System.Globalization;
using System.Security.Cryptography;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dcp;
using Aspire.Hosting.Eventing;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Orchestration;

/// <summary>The life of one container resource: waits, starts, reports, stops and starts anew.</summary>
internal sealed class ContainerRunner(
    ContainerResource resource,
    DependencyWaiter waiter,
    ContainerSpecFactory specs,
    ResourceNotificationService notifications,
    ResourceLoggerService loggers,
    IDistributedApplicationEventing eventing,
    IServiceProvider services,
    ILogger logger)
{
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _oneAtATime = new(1);
    private readonly Lock _lock = new();
    private CancellationTokenSource? _start;
    private CancellationTokenSource? _logs;
    private Task _copies = Task.CompletedTask;
    private DcpContainer? _container;
    private Session? _session;

    /// <summary>What DCP and the network of this run are called.</summary>
    internal sealed record Session(DcpClient Dcp, string Network);

    public void Join(Session session) => _session = session;

    /// <summary>Whether a change that DCP reports is about this runner's present container.</summary>
    public bool Owns(DcpContainer container) => container.Metadata.Name == _container?.Metadata.Name;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var session = _session ?? throw new DistributedApplicationException($"Resource '{resource.Name}' cannot start before the application has.");
        await _oneAtATime.WaitAsync(cancellationToken).ConfigureAwait(false);
        using var start = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);

        lock (_lock)
        {
            _start = start;
        }

        try
        {
            await PublishAsync(s => s with { State = KnownResourceStates.Starting, StartTimeStamp = null, StopTimeStamp = null, ExitCode = null }).ConfigureAwait(false);
            await waiter.WaitAsync(resource, start.Token).ConfigureAwait(false);
            await eventing.PublishAsync(new BeforeResourceStartedEvent(resource, services), start.Token).ConfigureAwait(false);
            await RemoveAsync(session.Dcp, start.Token).ConfigureAwait(false);

            var name = $"{resource.Name.ToLowerInvariant()}-{RandomNumberGenerator.GetString("bcdfghjkmnpqrstvwxyz", 8)}";
            var container = await specs.CreateAsync(resource, name, session.Network, start.Token).ConfigureAwait(false);

            _container = container;
            await session.Dcp.CreateAsync(container, start.Token).ConfigureAwait(false);
            FollowLogs(session.Dcp, name);
        }
        catch (OperationCanceledException) when (start.IsCancellationRequested)
        {
            await PublishAsync(s => s with { State = KnownResourceStates.NotStarted }).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            loggers.GetLogger(resource).LogError("{Message}", exception.Message);

            // A mistake that was foreseen says in its message all there is to say.
            if (exception is not DistributedApplicationException)
            {
                logger.LogError(exception, "Resource '{Resource}' could not be started.", resource.Name);
            }

            await PublishAsync(s => s with { State = new(KnownResourceStates.FailedToStart, KnownResourceStateStyles.Error) }).ConfigureAwait(false);
        }
        finally
        {
            lock (_lock)
            {
                _start = null;
            }

            _oneAtATime.Release();
        }
    }

    /// <summary>Gives up a start that is under way, and stops the container. Returns when it is stopped.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _start?.Cancel();
        }

        await _oneAtATime.WaitAsync(cancellationToken).ConfigureAwait(false);

        try
        {
            await StopContainerAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    private async Task StopContainerAsync(CancellationToken cancellationToken)
    {
        if (_session is not { } session || _container is not { } container)
        {
            return;
        }

        if (notifications.TryGetCurrentState(resource.Name, out var current) && current.Snapshot.State?.Text == KnownResourceStates.NotStarted)
        {
            // The start was given up, be it before DCP heard of the container or after.
            await RemoveAsync(session.Dcp, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await PublishAsync(s => s with { State = KnownResourceStates.Stopping }).ConfigureAwait(false);
            await session.Dcp.PatchAsync<DcpContainer>(container.Metadata.Name, new { spec = new { stop = true } }, cancellationToken).ConfigureAwait(false);
            await notifications.WaitForResourceAsync(resource.Name, update => ResourceNotificationService.IsTerminal(update.Snapshot), cancellationToken).ConfigureAwait(false);
            // DCP keeps a core busy with an object that it stopped for as long as that exists.
            await RemoveAsync(session.Dcp, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Publishes what DCP says of the container.</summary>
    public async Task ObserveAsync(DcpContainer container)
    {
        if (container.Status is not { State.Length: > 0 } status)
        {
            return;
        }

        var wasTerminal = notifications.TryGetCurrentState(resource.Name, out var before) && ResourceNotificationService.IsTerminal(before.Snapshot);

        await PublishAsync(s => s with
        {
            State = StateOf(status),
            StartTimeStamp = status.StartupTimestamp ?? s.StartTimeStamp,
            StopTimeStamp = status.FinishTimestamp,
            ExitCode = status.ExitCode is -1 ? null : status.ExitCode,
            Properties = s.Properties.SetProperties(
                new("container.image", container.Spec.Image),
                new("container.id", status.ContainerId),
                new("container.command", container.Spec.Command),
                new("container.args", status.EffectiveArgs?.ToArray()) { IsSensitive = true },
                new("container.ports", container.Spec.Ports?.Select(port => port.ContainerPort).ToArray()),
                new("container.lifetime", "Session")),
            EnvironmentVariables = [.. (status.EffectiveEnv ?? container.Spec.Env ?? []).Select(variable =>
                new EnvironmentVariableSnapshot(variable.Name, variable.Value, container.Spec.Env?.Any(own => own.Name == variable.Name) is true))],
            Volumes = [.. (container.Spec.VolumeMounts ?? []).Select(mount => new VolumeSnapshot(mount.Source, mount.Target, mount.Type, mount.ReadOnly))],
            Urls = [.. s.Urls.Select(url => url with { IsInactive = status.State != KnownResourceStates.Running })],
        }).ConfigureAwait(false);

        if (status.State is "FailedToStart" && !wasTerminal)
        {
            // DCP puts a line "error" between the lines of the tool.
            var message = string.Join('\n', (status.Message ?? "").Split('\n').Where(line => line is not "error"));
            loggers.GetLogger(resource).LogError("The container could not be started: {Message}", message);
        }

        if (!wasTerminal && notifications.TryGetCurrentState(resource.Name, out var now) && ResourceNotificationService.IsTerminal(now.Snapshot))
        {
            await eventing.PublishAsync(new ResourceStoppedEvent(resource, services, now)).ConfigureAwait(false);
        }
    }

    private static ResourceStateSnapshot StateOf(DcpContainer.ContainerStatus status) => status.State switch
    {
        "Pending" => new(KnownResourceStates.Starting, null),
        "FailedToStart" => new(KnownResourceStates.FailedToStart, KnownResourceStateStyles.Error),
        "Exited" => new(KnownResourceStates.Exited, status.ExitCode is null or 0 ? null : KnownResourceStateStyles.Error),
        var state => new(state!, null),
    };

    private async Task RemoveAsync(DcpClient dcp, CancellationToken cancellationToken)
    {
        if (_container is { } old)
        {
            _container = null;

            if (_logs is not null)
            {
                // One that ended has its last words still on their way.
                await _copies.WaitAsync(LastWords, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                await _logs.CancelAsync().ConfigureAwait(false);
            }

            // Its name, its address and its volumes are free only when it is really gone.
            await dcp.DeleteAsync<DcpContainer>(old.Metadata.Name, cancellationToken).ConfigureAwait(false);
        }
    }

    private void FollowLogs(DcpClient dcp, string name)
    {
        var logs = _logs = new CancellationTokenSource();
        _copies = Task.WhenAll(new[] { "startup_stdout", "startup_stderr", "stdout", "stderr" }.Select(source => CopyLogAsync(dcp, name, source, logs.Token)));
    }

    private async Task CopyLogAsync(DcpClient dcp, string name, string source, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var line in dcp.LogAsync<DcpContainer>(name, source, timestamps: true, cancellationToken).ConfigureAwait(false))
            {
                var (timestamp, text) = SplitTimestamp(line);
                // A build tells its progress on standard error: that is not yet an error.
                loggers.AddLine(resource.Name, text, isError: source is "stderr", timestamp);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or HttpRequestException or ObjectDisposedException)
        {
            // The container is being replaced, or the application ends.
        }
    }

    private static (DateTime? Timestamp, string Text) SplitTimestamp(string line)
    {
        var space = line.IndexOf(' ');

        return space > 0 && DateTime.TryParse(line.AsSpan(0, space), CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out var timestamp)
            ? (timestamp, line[(space + 1)..])
            : (null, line);
    }

    private Task PublishAsync(Func<CustomResourceSnapshot, CustomResourceSnapshot> change) => notifications.PublishUpdateAsync(resource, change);
}
