using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;

namespace Aspire.Hosting.Orchestration;

/// <summary>Start, stop and restart, which every container has in the dashboard.</summary>
internal static class LifecycleCommands
{
    public static void AddTo(IEnumerable<IResource> resources)
    {
        foreach (var container in resources.OfType<ContainerResource>())
        {
            Add(container, KnownResourceCommands.StartCommand, "Start", "Play", IsStopped, (runner, cancellationToken) => runner.StartAsync(cancellationToken));
            Add(container, KnownResourceCommands.StopCommand, "Stop", "Stop", IsStarted, (runner, cancellationToken) => runner.StopAsync(cancellationToken));
            Add(container, KnownResourceCommands.RestartCommand, "Restart", "ArrowCounterclockwise", IsRunning, async (runner, cancellationToken) =>
            {
                await runner.StopAsync(cancellationToken).ConfigureAwait(false);
                await runner.StartAsync(cancellationToken).ConfigureAwait(false);
            });
        }
    }

    private static void Add(
        ContainerResource container, string name, string displayName, string icon,
        Func<CustomResourceSnapshot, bool> applies, Func<ContainerRunner, CancellationToken, Task> action) =>
        container.Annotations.Add(new ResourceCommandAnnotation(
            name,
            displayName,
            async context =>
            {
                var runner = context.ServiceProvider.GetRequiredService<ApplicationOrchestrator>().RunnerOf(container);
                await action(runner, context.CancellationToken).ConfigureAwait(false);
                return CommandResults.Success();
            },
            new()
            {
                IconName = icon,
                IconVariant = IconVariant.Filled,
                IsHighlighted = true,
                UpdateState = context => applies(context.ResourceSnapshot) ? ResourceCommandState.Enabled : ResourceCommandState.Hidden,
            }));

    /// <summary>Unknown is what DCP says of a container that somebody else removed.</summary>
    private static bool IsStopped(CustomResourceSnapshot snapshot) =>
        ResourceNotificationService.IsTerminal(snapshot) || snapshot.State?.Text is "Unknown" || snapshot.State?.Text == KnownResourceStates.NotStarted;

    private static bool IsStarted(CustomResourceSnapshot snapshot) =>
        !IsStopped(snapshot) && snapshot.State?.Text is not (null or "Stopping");

    private static bool IsRunning(CustomResourceSnapshot snapshot) => snapshot.State?.Text == KnownResourceStates.Running;
}
