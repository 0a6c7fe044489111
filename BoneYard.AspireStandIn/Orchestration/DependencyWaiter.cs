using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Orchestration;

/// <summary>Holds a resource back until all that it waits for is healthy, started or completed.</summary>
internal sealed class DependencyWaiter(ResourceNotificationService notifications, ResourceLoggerService loggers)
{
    public async Task WaitAsync(IResource resource, CancellationToken cancellationToken)
    {
        if (!resource.TryGetAnnotationsOfType<WaitAnnotation>(out var waits))
        {
            return;
        }

        await notifications.PublishUpdateAsync(resource, s => s with { State = KnownResourceStates.Waiting }).ConfigureAwait(false);
        await Task.WhenAll(waits.Select(wait => WaitAsync(resource, wait, cancellationToken))).ConfigureAwait(false);
        await notifications.PublishUpdateAsync(resource, s => s with { State = KnownResourceStates.Starting }).ConfigureAwait(false);
    }

    private async Task WaitAsync(IResource resource, WaitAnnotation wait, CancellationToken cancellationToken)
    {
        var name = wait.Resource.Name;
        var logger = loggers.GetLogger(resource);
        logger.LogInformation("Waiting for resource '{Dependency}' ({WaitType}).", name, wait.WaitType);

        switch (wait.WaitType)
        {
            case WaitType.WaitUntilHealthy:
                await notifications.WaitForResourceHealthyAsync(name, wait.WaitBehavior ?? WaitBehavior.WaitOnResourceUnavailable, cancellationToken).ConfigureAwait(false);
                break;
            case WaitType.WaitUntilStarted:
                await notifications.WaitForResourceAsync(name, KnownResourceStates.Running, cancellationToken).ConfigureAwait(false);
                break;
            case WaitType.WaitForCompletion:
                var end = await notifications.WaitForResourceAsync(name, update => ResourceNotificationService.IsTerminal(update.Snapshot), cancellationToken).ConfigureAwait(false);

                if (end.Snapshot.ExitCode != wait.ExitCode)
                {
                    throw new DistributedApplicationException(
                        $"Resource '{resource.Name}' waits for '{name}' to end with exit code {wait.ExitCode}, but it ended in state '{end.Snapshot.State?.Text}' with {end.Snapshot.ExitCode?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "none"}.");
                }

                break;
            default:
                throw new InvalidOperationException($"Unknown wait type '{wait.WaitType}'.");
        }

        logger.LogInformation("Finished waiting for resource '{Dependency}'.", name);
    }
}
