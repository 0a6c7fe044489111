using System.Runtime.CompilerServices;
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

    // The last line of each container: no line appears twice in a row.
    private readonly Dictionary<string, string> _waiting = [];

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

        var healthy = Task.WhenAll(Containers.Select(container => notifications.WaitForResourceHealthyAsync(container.Name, WaitBehavior.WaitOnResourceUnavailable, cancellationToken)));
        var exited = WatchExitsAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        var exit = exited.MoveNextAsync().AsTask();

        while (await Task.WhenAny(healthy, exit, Task.Delay(s_interval, cancellationToken)) is var first && first != healthy)
        {
            cancellationToken.ThrowIfCancellationRequested();

            if (first == exit)
            {
                await FailAsync(exited.Current);
                return;
            }

            await ReportWaitingAsync();
        }

        await healthy;
        await output.WriteLineAsync($"site: {UrlOf(site)}");

        for (; await exit; exit = exited.MoveNextAsync().AsTask())
        {
            var (name, code) = (exited.Current.Resource.Name, exited.Current.Snapshot.ExitCode);
            await output.WriteLineAsync($"exited: '{name}' {(code is null ? "could not be restarted" : $"exited with code {code}")}. See its console log in the dashboard, where it can be started again.");
        }
    }

    private string UrlOf(IResourceWithEndpoints site)
    {
        var endpoint = site.GetEndpoint(site.GetEndpoint("https").Exists ? "https" : "http");
        return new UriBuilder(endpoint.Scheme, hostName, endpoint.Port).Uri.GetLeftPart(UriPartial.Authority);
    }

    private async Task ReportWaitingAsync()
    {
        foreach (var container in Containers)
        {
            if (!notifications.TryGetCurrentState(container.Name, out var current) || current.Snapshot.HealthStatus is HealthStatus.Healthy)
            {
                continue;
            }

            var report = current.Snapshot.HealthReports.FirstOrDefault(report => report.Status is HealthStatus.Unhealthy);
            var line = Describe(container.Name, current.Snapshot.State?.Text, report?.Description ?? report?.ExceptionText);

            if (_waiting.GetValueOrDefault(container.Name) != line)
            {
                await output.WriteLineAsync($"waiting: {_waiting[container.Name] = line}");
            }
        }
    }

    /// <summary>Each time that a resource fails to start, or a container exits with another code than 0, which is that of a stop.</summary>
    private async IAsyncEnumerable<ResourceEvent> WatchExitsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var exited = new HashSet<string>();

        await foreach (var update in notifications.WatchAsync(cancellationToken))
        {
            var state = update.Snapshot.State?.Text;
            var hasExited = state == KnownResourceStates.FailedToStart && !ParentFailed(update.Resource)
                || update.Resource is ContainerResource && state == KnownResourceStates.Exited && update.Snapshot.ExitCode is not (null or 0);

            if (!hasExited)
            {
                exited.Remove(update.Resource.Name);
            }
            else if (exited.Add(update.Resource.Name))
            {
                yield return update;
            }
        }
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
