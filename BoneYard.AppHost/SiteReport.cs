using BoneYard.Networking;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace BoneYard;

/// <summary>Tells the person at the terminal where the site is once it answers, what it waits for, or why it does not come up.</summary>
internal static class SiteReport
{
    private const int LogLinesShown = 20;

    // What takes longer than a start usually does is worth a word.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <param name="front">The resource that visitors see.</param>
    /// <param name="hostName">The name under which they do.</param>
    public static void ReportTo(this IDistributedApplicationBuilder builder, TextWriter output, string front, string hostName)
    {
        builder.Services.AddSingleton<IHostedService>(services => new Reporter(services, builder.Configuration, output, front, hostName));
    }

    /// <summary>What a resource waits for, in a line, and the remedy where we know it.</summary>
    /// <param name="said">By its health checks, if anything.</param>
    internal static string Describe(string resource, string? state, string? said) =>
        $"'{resource}' is {(state == KnownResourceStates.Running ? "not healthy yet" : state ?? KnownResourceStates.NotStarted)}{(said is null ? "." : $": {said.Split('\n')[0].Trim()}")}{RemedyFor(said)}";

    private static string RemedyFor(string? said) => said?.Contains("28P01", StringComparison.Ordinal) is true
        ? ". The volume was made with another password: give that one (Parameters__sitedb-password in the environment), or another volume (--data-volume)."
        : "";

    private sealed class Reporter(IServiceProvider services, IConfiguration configuration, TextWriter output, string front, string hostName) : BackgroundService
    {
        private readonly ResourceNotificationService _notifications = services.GetRequiredService<ResourceNotificationService>();
        private readonly DistributedApplicationModel _model = services.GetRequiredService<DistributedApplicationModel>();
        private readonly IHostApplicationLifetime _lifetime = services.GetRequiredService<IHostApplicationLifetime>();

        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            await ReportDashboardAsync(stoppingToken);

            // What is stopped on its way up has not failed.
            using var either = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, _lifetime.ApplicationStopping);
            var up = Task.WhenAll(Containers.Select(container => _notifications.WaitForResourceHealthyAsync(container.Name, either.Token)));
            var failed = FirstFailureAsync(either.Token);
            var waiting = ReportWaitingAsync(either.Token);

            if (await Task.WhenAny(up, failed) == failed && failed.IsCompletedSuccessfully && !either.IsCancellationRequested)
            {
                await ReportFailureAsync(failed.Result);
            }
            else if (up.IsCompletedSuccessfully && _model.Resources.OfType<IResourceWithEndpoints>().SingleOrDefault(r => r.Name == front) is { } resource)
            {
                var endpoint = resource.GetEndpoint(resource.GetEndpoint("https").Exists ? "https" : "http");
                await output.WriteLineAsync($"site: {new UriBuilder(endpoint.Scheme, hostName, endpoint.Port).Uri.GetLeftPart(UriPartial.Authority)}");
                await ReportEndsAsync(either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            await either.CancelAsync();
            await waiting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        private IEnumerable<ContainerResource> Containers => _model.Resources.OfType<ContainerResource>();

        private async Task ReportDashboardAsync(CancellationToken cancellationToken)
        {
            var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using var registration = _lifetime.ApplicationStarted.Register(started.SetResult);
            await started.Task.WaitAsync(cancellationToken);

            if (configuration["AppHost:BrowserToken"] is { } token && configuration["ASPNETCORE_URLS"]?.Split(';')[0] is { Length: > 0 } dashboard)
            {
                await output.WriteLineAsync($"dashboard: {dashboard.TrimEnd('/')}/login?t={token}");
            }
        }

        /// <summary>From time to time, and never the same twice in a row.</summary>
        private async Task ReportWaitingAsync(CancellationToken cancellationToken)
        {
            var last = new Dictionary<string, string>();

            while (true)
            {
                await Task.Delay(Patience, cancellationToken);

                foreach (var container in Containers)
                {
                    if (DescribeWaiting(container) is { } line && last.GetValueOrDefault(container.Name) != line)
                    {
                        last[container.Name] = line;
                        await output.WriteLineAsync($"waiting: {line}");
                    }
                }
            }
        }

        private string? DescribeWaiting(ContainerResource container)
        {
            if (!_notifications.TryGetCurrentState(container.Name, out var current) || current.Snapshot.HealthStatus is HealthStatus.Healthy)
            {
                return null;
            }

            var complaint = current.Snapshot.HealthReports.FirstOrDefault(report => report.Status is HealthStatus.Unhealthy);
            return Describe(container.Name, current.Snapshot.State?.Text, complaint?.Description ?? complaint?.ExceptionText);
        }

        /// <summary>What ends while the site runs, though nobody stopped it.</summary>
        private async Task ReportEndsAsync(CancellationToken cancellationToken)
        {
            var ended = new HashSet<string>();

            await foreach (var update in _notifications.WatchAsync(cancellationToken))
            {
                if (!HasEnded(update))
                {
                    ended.Remove(update.Resource.Name);
                }
                else if (ended.Add(update.Resource.Name))
                {
                    var how = update.Snapshot.ExitCode is { } code ? $"exited with code {code}" : "could not be started again";
                    await output.WriteLineAsync($"ended: '{update.Resource.Name}' {how}. Its page on the dashboard says why, and starts it again.");
                }
            }
        }

        private async Task<ResourceEvent> FirstFailureAsync(CancellationToken cancellationToken)
        {
            await foreach (var update in _notifications.WatchAsync(cancellationToken))
            {
                if (HasEnded(update))
                {
                    return update;
                }
            }

            throw new OperationCanceledException(cancellationToken);
        }

        private bool HasEnded(ResourceEvent update) => HasFailed(update) || HasCrashed(update);

        /// <summary>Itself, and not only with the server that it is on.</summary>
        private bool HasFailed(ResourceEvent update) =>
            update.Snapshot.State?.Text == KnownResourceStates.FailedToStart &&
            !(update.Resource is IResourceWithParent { Parent: var parent } &&
                _notifications.TryGetCurrentState(parent.Name, out var current) && current.Snapshot.State?.Text == KnownResourceStates.FailedToStart);

        /// <summary>One that somebody stopped ends with 0.</summary>
        private static bool HasCrashed(ResourceEvent update) =>
            update.Resource is ContainerResource && update.Snapshot is { ExitCode: not (null or 0), State.Text: var state } && state == KnownResourceStates.Exited;

        /// <summary>Names the resource, shows the end of its log, and ends the application: half a site helps nobody.</summary>
        private async Task ReportFailureAsync(ResourceEvent failure)
        {
            var name = failure.Resource.Name;
            var lines = new List<LogLine>();

            await foreach (var batch in services.GetRequiredService<ResourceLoggerService>().GetAllAsync(failure.Resource))
            {
                lines.AddRange(batch);
            }

            await Console.Error.WriteLineAsync($"error: '{name}' could not be started. The end of its log:");

            // One line of Aspire's own may hold a stack trace, and a container that is restarted says the same again and again.
            foreach (var line in lines.SelectMany(line => line.Content.Split('\n')).Where(line => !line.StartsWith("   at ", StringComparison.Ordinal))
                .Concat(await LastWordsAsync(failure.Snapshot)).DistinctBy(WithoutTime).TakeLast(LogLinesShown))
            {
                await Console.Error.WriteLineAsync($"  {line}");
            }

            Environment.ExitCode = 1;
            _lifetime.StopApplication();
        }

        private static string WithoutTime(string line) =>
            line.IndexOf(' ', StringComparison.Ordinal) is > 0 and var space && DateTimeOffset.TryParse(line.AsSpan(0, space), System.Globalization.CultureInfo.InvariantCulture, out _) ? line[(space + 1)..] : line;

        /// <summary>What a container said that ended as soon as it was started: the orchestrator may come too late to follow it.</summary>
        private async Task<IEnumerable<string>> LastWordsAsync(CustomResourceSnapshot snapshot)
        {
            if (snapshot.Properties.FirstOrDefault(property => property.Name == "container.id")?.Value is not string container)
            {
                return [];
            }

            var said = await services.GetRequiredService<IContainerRuntime>().RunAsync(["logs", "--tail", $"{LogLinesShown}", container], CancellationToken.None);
            return $"{said.Output}\n{said.Error}".Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
    }
}
