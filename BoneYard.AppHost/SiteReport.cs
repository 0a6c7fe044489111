using BoneYard.Networking;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace BoneYard;

/// <summary>Tells the person at the terminal where the site is once it answers, or why it does not come up.</summary>
internal static class SiteReport
{
    private const int LogLinesShown = 20;

    public static void ReportTo(this IDistributedApplicationBuilder builder, TextWriter output, string front)
    {
        builder.Services.AddSingleton<IHostedService>(services => new Reporter(services, builder.Configuration, output, front));
    }

    private sealed class Reporter(IServiceProvider services, IConfiguration configuration, TextWriter output, string front) : BackgroundService
    {
        private readonly ResourceNotificationService _notifications = services.GetRequiredService<ResourceNotificationService>();

        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            var model = services.GetRequiredService<DistributedApplicationModel>();
            var up = Task.WhenAll(model.Resources.OfType<ContainerResource>().Select(container => _notifications.WaitForResourceHealthyAsync(container.Name, either.Token)));
            var failed = FirstFailureAsync(either.Token);

            if (await Task.WhenAny(up, failed) == failed && failed.IsCompletedSuccessfully)
            {
                await ReportFailureAsync(failed.Result);
            }
            else if (up.IsCompletedSuccessfully)
            {
                var resource = model.Resources.OfType<IResourceWithEndpoints>().Single(r => r.Name == front);
                var scheme = resource.GetEndpoint("https").Exists ? "https" : "http";
                await output.WriteLineAsync($"site: {resource.GetEndpoint(scheme).Url}");

                if (configuration["AppHost:BrowserToken"] is { } token && configuration["ASPNETCORE_URLS"]?.Split(';')[0] is { Length: > 0 } dashboard)
                {
                    await output.WriteLineAsync($"dashboard: {dashboard.TrimEnd('/')}/login?t={token}");
                }
            }

            await either.CancelAsync();
        }

        private async Task<ResourceEvent> FirstFailureAsync(CancellationToken cancellationToken)
        {
            await foreach (var update in _notifications.WatchAsync(cancellationToken))
            {
                if (update.Snapshot.State?.Text == KnownResourceStates.FailedToStart || HasCrashed(update))
                {
                    return update;
                }
            }

            throw new OperationCanceledException(cancellationToken);
        }

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
                .Concat(await LastWordsAsync(failure.Snapshot)).Distinct().TakeLast(LogLinesShown))
            {
                await Console.Error.WriteLineAsync($"  {line}");
            }

            Environment.ExitCode = 1;
            services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        }

        /// <summary>What a container said that ended as soon as it was started: the orchestrator follows only those that run.</summary>
        private async Task<IEnumerable<string>> LastWordsAsync(CustomResourceSnapshot snapshot)
        {
            if (snapshot.State?.Text != KnownResourceStates.FailedToStart ||
                snapshot.Properties.FirstOrDefault(property => property.Name == "container.id")?.Value is not string container)
            {
                return [];
            }

            var said = await services.GetRequiredService<IContainerRuntime>().RunAsync(["logs", "--tail", $"{LogLinesShown}", container], CancellationToken.None);
            return $"{said.Output}\n{said.Error}".Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
    }
}
