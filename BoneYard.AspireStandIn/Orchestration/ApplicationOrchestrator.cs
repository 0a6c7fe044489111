using System.Security.Cryptography;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dashboard;
using Aspire.Hosting.Dcp;
using Aspire.Hosting.Eventing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Orchestration;

/// <summary>Brings the graph up when the host starts, and takes it down, whole, when the host stops.</summary>
internal sealed class ApplicationOrchestrator : IHostedService, IAsyncDisposable
{
    private const string SessionNetwork = "session-network";

    private static readonly TimeSpan TunnelPatience = TimeSpan.FromSeconds(15);

    private readonly DistributedApplicationModel _model;
    private readonly ResourceNotificationService _notifications;
    private readonly ResourceLoggerService _loggers;
    private readonly IDistributedApplicationEventing _eventing;
    private readonly IServiceProvider _services;
    private readonly StandInOptions _options;
    private readonly DistributedApplicationExecutionContext _executionContext;
    private readonly DashboardHost? _dashboard;
    private readonly ILogger<ApplicationOrchestrator> _logger;
    private readonly Dictionary<ContainerResource, ContainerRunner> _runners = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Task> _background = [];
    private DcpProcess? _dcp;

    public ApplicationOrchestrator(
        DistributedApplicationModel model,
        ResourceNotificationService notifications,
        ResourceLoggerService loggers,
        IDistributedApplicationEventing eventing,
        IServiceProvider services,
        StandInOptions options,
        DistributedApplicationExecutionContext executionContext,
        ILogger<ApplicationOrchestrator> logger)
    {
        (_model, _notifications, _loggers, _eventing, _services, _options, _executionContext, _logger) =
            (model, notifications, loggers, eventing, services, options, executionContext, logger);
        _dashboard = services.GetService<DashboardHost>();

        var waiter = new DependencyWaiter(notifications, loggers);
        var specs = ActivatorUtilities.CreateInstance<ContainerSpecFactory>(services);

        foreach (var container in model.Resources.OfType<ContainerResource>())
        {
            _runners[container] = new ContainerRunner(container, waiter, specs, notifications, loggers, eventing, services, logger);
        }
    }

    public ContainerRunner RunnerOf(ContainerResource resource) => _runners[resource];

    /// <summary>Lets everybody object before anything is started.</summary>
    public Task PrepareAsync(CancellationToken cancellationToken) => _eventing.PublishAsync(new BeforeStartEvent(_services, _model), cancellationToken);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var resource in _model.Resources)
        {
            await PublishInitialStateAsync(resource, cancellationToken).ConfigureAwait(false);
        }

        _dcp = await StartDcpAsync(cancellationToken).ConfigureAwait(false);
        var dcp = _dcp.Client;

        await dcp.CreateAsync(
            new DcpNetwork
            {
                Metadata = { Name = SessionNetwork },
                Spec = { NetworkName = $"aspire-session-network-{RandomNumberGenerator.GetString("bcdfghjkmnpqrstvwxyz", 8)}" },
            },
            cancellationToken).ConfigureAwait(false);

        if (_dashboard is not null)
        {
            await dcp.CreateAsync(await _dashboard.StartAsync(_options.DashboardPath, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);

            if (_options.EnableContainerTunnel)
            {
                RunInBackground(OpenTunnelAsync(new(dcp, _options.ContainerRuntime ?? "docker", _logger), _dashboard.OtlpEndpoints));
            }
        }

        RunInBackground(ParentStateMirror.RunAsync(_model, _notifications, _stopping.Token));
        RunInBackground(ActivatorUtilities.CreateInstance<HealthMonitor>(_services, _services.GetRequiredService<HealthCheckService>()).RunAsync(_stopping.Token));
        RunInBackground(WatchContainersAsync(dcp));

        foreach (var resource in _model.Resources)
        {
            RunInBackground(InitializeAsync(resource));
        }

        await AllocateEndpointsAsync(dcp, cancellationToken).ConfigureAwait(false);

        var session = new ContainerRunner.Session(dcp, SessionNetwork);
        var starts = _runners.Select(entry => StartOrHoldAsync(entry.Key, entry.Value, session)).ToArray();
        RunInBackground(AfterCreatedAsync(starts));

        if (_dashboard is not null)
        {
            await _dashboard.WaitUntilReadyAsync(dcp, cancellationToken).ConfigureAwait(false);
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken) => await DisposeAsync().ConfigureAwait(false);

    /// <summary>Also the way out of a test that only disposes, and of a start that failed half-way: then it stops what came up.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);

        if (_dashboard is not null)
        {
            await _dashboard.StopAsync().ConfigureAwait(false);
        }

        if (Interlocked.Exchange(ref _dcp, null) is { } dcp)
        {
            await dcp.DisposeAsync().ConfigureAwait(false);
        }

        await Task.WhenAll(_background).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task PublishInitialStateAsync(IResource resource, CancellationToken cancellationToken)
    {
        if (resource is ParameterResource parameter)
        {
            await PublishParameterAsync(parameter, cancellationToken).ConfigureAwait(false);
            return;
        }

        await _notifications.PublishUpdateAsync(resource, s => s with
        {
            CreationTimeStamp = DateTime.UtcNow,
            Properties = resource is IResourceWithParent child ? s.Properties.SetProperties(new ResourcePropertySnapshot("resource.parentName", child.Parent.Name)) : s.Properties,
            State = s.State ?? (resource is ContainerResource ? KnownResourceStates.NotStarted : null),
        }).ConfigureAwait(false);
    }

    private async Task PublishParameterAsync(ParameterResource parameter, CancellationToken cancellationToken)
    {
        var (value, state) = (default(string), new ResourceStateSnapshot(KnownResourceStates.Running, KnownResourceStateStyles.Success));

        try
        {
            value = await parameter.GetValueAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (MissingParameterValueException exception)
        {
            state = new(KnownResourceStates.ValueMissing, KnownResourceStateStyles.Warn);
            _loggers.GetLogger(parameter).LogWarning("{Message}", exception.Message);
        }

        await _notifications.PublishUpdateAsync(parameter, s => s with
        {
            CreationTimeStamp = DateTime.UtcNow,
            State = state,
            Properties = s.Properties.SetProperties(
                new("Value", value) { IsSensitive = parameter.Secret },
                new(CustomResourceKnownProperties.Source, $"Parameters:{parameter.Name}")),
        }).ConfigureAwait(false);
    }

    private async Task<DcpProcess> StartDcpAsync(CancellationToken cancellationToken)
    {
        if (!File.Exists(_options.DcpPath))
        {
            throw new DistributedApplicationException($"The orchestrator '{_options.DcpPath}' is missing. Run ./boneyard setup, which installs it.");
        }

        var runtimeCheck = DcpProcess.EnsureRuntimeAsync(_options.DcpPath, _options.ContainerRuntime, cancellationToken);
        var starting = DcpProcess.StartAsync(_options.DcpPath, _options.ContainerRuntime, cancellationToken);

        try
        {
            await runtimeCheck.ConfigureAwait(false);
        }
        catch
        {
            _dcp = await starting.ConfigureAwait(false);
            throw;
        }

        return await starting.ConfigureAwait(false);
    }

    private async Task InitializeAsync(IResource resource) =>
        await _eventing.PublishAsync(new InitializeResourceEvent(resource, _eventing, _loggers, _notifications, _services), _stopping.Token).ConfigureAwait(false);

    private async Task AllocateEndpointsAsync(DcpClient dcp, CancellationToken cancellationToken)
    {
        var allocator = new EndpointAllocator(_options);
        await Task.WhenAll(_runners.Keys.Select(container => allocator.AllocateAsync(dcp, container, cancellationToken))).ConfigureAwait(false);

        foreach (var container in _runners.Keys)
        {
            await _eventing.PublishAsync(new ResourceEndpointsAllocatedEvent(container, _services), cancellationToken).ConfigureAwait(false);
            await ResourceUrls.PublishAsync(container, _executionContext, _notifications, cancellationToken).ConfigureAwait(false);
        }

        foreach (var resource in _model.Resources.OfType<IResourceWithConnectionString>())
        {
            await _eventing.PublishAsync(new ConnectionStringAvailableEvent(resource, _services), cancellationToken).ConfigureAwait(false);
            var connectionString = await resource.GetConnectionStringAsync(cancellationToken).ConfigureAwait(false);
            await _notifications.PublishUpdateAsync(resource, s => s with
            {
                Properties = s.Properties.SetProperties(new ResourcePropertySnapshot(CustomResourceKnownProperties.ConnectionString, connectionString) { IsSensitive = true }),
            }).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Behind the containers, which do not wait for it: DCP makes an RSA key for it, and that takes seconds of a processor. But
    /// not for ever: one that does not become healthy has most to tell.
    /// </summary>
    private async Task OpenTunnelAsync(OtlpTunnel tunnel, IReadOnlyList<Uri> targets)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        patience.CancelAfter(TunnelPatience);
        Task healthy = Task.WhenAll(
            _runners.Keys.Where(StartsByItself).Select(container => _notifications.WaitForResourceHealthyAsync(container.Name, WaitBehavior.StopOnResourceUnavailable, patience.Token)));
        await healthy.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await tunnel.OpenAsync(SessionNetwork, targets, _stopping.Token).ConfigureAwait(false);
    }

    private async Task StartOrHoldAsync(ContainerResource container, ContainerRunner runner, ContainerRunner.Session session)
    {
        runner.Join(session);

        if (StartsByItself(container))
        {
            await runner.StartAsync(_stopping.Token).ConfigureAwait(false);
        }
    }

    private static bool StartsByItself(ContainerResource container) => !container.Annotations.OfType<ExplicitStartupAnnotation>().Any();

    private async Task AfterCreatedAsync(Task[] starts)
    {
        await Task.WhenAll(starts).ConfigureAwait(false);
        await _eventing.PublishAsync(new AfterResourcesCreatedEvent(_services, _model), _stopping.Token).ConfigureAwait(false);
    }

    private async Task WatchContainersAsync(DcpClient dcp)
    {
        await foreach (var (change, container) in dcp.WatchAsync<DcpContainer>(_stopping.Token).ConfigureAwait(false))
        {
            if (change is DcpChange.Changed && _runners.Values.FirstOrDefault(runner => runner.Owns(container)) is { } owner)
            {
                await owner.ObserveAsync(container).ConfigureAwait(false);
            }
        }
    }

    private void RunInBackground(Task task) => _background.Add(task.ContinueWith(
        failed => _logger.LogError(failed.Exception!.InnerException, "A background task of the orchestrator failed."),
        CancellationToken.None,
        TaskContinuationOptions.OnlyOnFaulted,
        TaskScheduler.Default));
}
