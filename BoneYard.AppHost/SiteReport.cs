using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace BoneYard;

/// <summary>Reports on the terminal: the URLs of the dashboard and the site, what a slow start waits for, and containers that exit.</summary>
/// <param name="front">The resource that visitors reach.</param>
/// <param name="hostName">The host name in the URL of the site.</param>
internal sealed class SiteReport(
    ResourceNotificationService notifications, DistributedApplicationModel model, ContainerLogs logs, IHostApplicationLifetime lifetime, IConfiguration configuration,
    TextWriter output, string front, string hostName) : BackgroundService
{
    // Longer than a usual start.
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(20);

    // Updates of a resource that has exited may follow.
    private readonly HashSet<string> _exited = [];

    private IEnumerable<ContainerResource> Containers => model.Resources.OfType<ContainerResource>();

    /// <summary>What a resource waits for, in one line, with the remedy if it is known.</summary>
    /// <param name="report">The words of its failing health check; null if there are none.</param>
    internal static string Describe(string resource, string? state, string? report)
    {
        var status = state == KnownResourceStates.Running ? "not healthy yet" : state ?? KnownResourceStates.NotStarted;
        var reason = report is null ? "." : $": {report.Split('\n')[0].Trim()}";
        // PostgreSQL's code for a wrong password.
        var remedy = report?.Contains("28P01", StringComparison.Ordinal) is true
            ? ". The volume was initialised with a different password. Set Parameters__sitedb-password to that password, or choose another volume (--data-volume)."
            : "";

        return $"'{resource}' is {status}{reason}{remedy}";
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, lifetime.ApplicationStopping);

        try
        {
            await ReportAsync(stopping.Token);
        }
        catch (OperationCanceledException)
        {
            // A start that is stopped has not failed.
        }
    }

    private async Task ReportAsync(CancellationToken cancellationToken)
    {
        await lifetime.WaitUntilStartedAsync(cancellationToken);

        // A test may have removed it.
        if (model.Resources.OfType<IResourceWithEndpoints>().SingleOrDefault(resource => resource.Name == front) is not { } site)
        {
            return;
        }

        if (configuration["AppHost:BrowserToken"] is { } token && configuration["ASPNETCORE_URLS"]?.Split(';')[0] is { Length: > 0 } dashboard)
        {
            await output.WriteLineAsync($"dashboard: {dashboard.TrimEnd('/')}/login?t={token}");
        }

        using var starting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAll(ReportWaitingAsync(starting.Token), ReportChangesAsync(site, starting, cancellationToken));
    }

    /// <summary>Reports the URL of the site when all containers are healthy, and each container that exits.</summary>
    /// <param name="starting">Cancelled when the site is up, and when this report ends for any reason.</param>
    private async Task ReportChangesAsync(IResourceWithEndpoints site, CancellationTokenSource starting, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var update in notifications.WatchAsync(cancellationToken))
            {
                if (HasExited(update))
                {
                    if (!starting.IsCancellationRequested)
                    {
                        await FailAsync(update);
                        return;
                    }

                    var exit = update.Snapshot.ExitCode is { } code ? $"exited with code {code}" : "could not be restarted";
                    await output.WriteLineAsync($"exited: '{update.Resource.Name}' {exit}. See its console log in the dashboard, where it can be started again.");
                }
                else if (!starting.IsCancellationRequested && Containers.All(IsHealthy))
                {
                    await starting.CancelAsync();
                    await output.WriteLineAsync($"site: {UrlOf(site)}");
                }
            }
        }
        finally
        {
            await starting.CancelAsync();
        }
    }

    private string UrlOf(IResourceWithEndpoints site)
    {
        var endpoint = site.GetEndpoint(site.GetEndpoint("https").Exists ? "https" : "http");
        return new UriBuilder(endpoint.Scheme, hostName, endpoint.Port).Uri.GetLeftPart(UriPartial.Authority);
    }

    /// <summary>Reports every 20 seconds what has changed in what the start waits for.</summary>
    private async Task ReportWaitingAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(s_interval);
        // The last line of each container: no line appears twice in a row.
        var lines = new Dictionary<string, string>();

        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            foreach (var container in Containers.Where(container => !IsHealthy(container)))
            {
                var snapshot = notifications.TryGetCurrentState(container.Name, out var current) ? current.Snapshot : null;
                var report = snapshot?.HealthReports.FirstOrDefault(report => report.Status is HealthStatus.Unhealthy);
                var line = Describe(container.Name, snapshot?.State?.Text, report?.Description ?? report?.ExceptionText);

                if (lines.GetValueOrDefault(container.Name) != line)
                {
                    await output.WriteLineAsync($"waiting: {lines[container.Name] = line}");
                }
            }
        }
    }

    private bool IsHealthy(ContainerResource container) =>
        notifications.TryGetCurrentState(container.Name, out var current) && current.Snapshot.HealthStatus is HealthStatus.Healthy;

    /// <summary>Whether a resource has just failed to start, or a container has exited with another code than 0, which is that of a stop.</summary>
    private bool HasExited(ResourceEvent update)
    {
        var (resource, state) = (update.Resource, update.Snapshot.State?.Text);
        var hasExited = state == KnownResourceStates.FailedToStart && !ParentFailed(resource)
            || resource is ContainerResource && state == KnownResourceStates.Exited && update.Snapshot.ExitCode is not (null or 0);

        if (!hasExited)
        {
            _exited.Remove(resource.Name);
        }

        return hasExited && _exited.Add(resource.Name);
    }

    private bool ParentFailed(IResource resource) =>
        resource is IResourceWithParent { Parent: var parent } && notifications.TryGetCurrentState(parent.Name, out var current) && current.Snapshot.State?.Text == KnownResourceStates.FailedToStart;

    /// <summary>Shows the end of the log of the resource that failed and ends the application.</summary>
    private async Task FailAsync(ResourceEvent failure)
    {
        await Console.Error.WriteLineAsync($"error: '{failure.Resource.Name}' could not be started. The end of its log:");

        foreach (var line in await logs.LastLinesAsync(failure))
        {
            await Console.Error.WriteLineAsync($"  {line}");
        }

        Environment.ExitCode = FatalErrors.Failure;
        lifetime.StopApplication();
    }
}
