using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dashboard.Protocol;
using Grpc.Core;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Dashboard;

/// <summary>Tells the dashboard of the resources, their changes and their logs, and runs commands for it.</summary>
internal sealed class ResourceService(
    ResourceNotificationService notifications,
    ResourceLoggerService loggers,
    ResourceCommandService commands,
    IHostEnvironment environment) : DashboardService.DashboardServiceBase
{
    public override Task<ApplicationInformationResponse> GetApplicationInformation(ApplicationInformationRequest request, ServerCallContext context)
    {
        const string Suffix = ".AppHost";
        var name = environment.ApplicationName;
        return Task.FromResult(new ApplicationInformationResponse
        {
            ApplicationName = name.EndsWith(Suffix, StringComparison.OrdinalIgnoreCase) ? name[..^Suffix.Length] : name,
        });
    }

    public override Task WatchResources(WatchResourcesRequest request, IServerStreamWriter<WatchResourcesUpdate> responseStream, ServerCallContext context) => UntilCancelled(context, async cancellationToken =>
    {
        await responseStream.WriteAsync(new() { InitialData = new() }, cancellationToken).ConfigureAwait(false);

        await foreach (var update in notifications.WatchAsync(cancellationToken).ConfigureAwait(false))
        {
            var changes = new WatchResourcesChanges { Value = { new WatchResourcesChange { Upsert = ResourceMapper.Map(update) } } };
            await responseStream.WriteAsync(new() { Changes = changes }, cancellationToken).ConfigureAwait(false);
        }
    });

    public override Task WatchResourceConsoleLogs(WatchResourceConsoleLogsRequest request, IServerStreamWriter<WatchResourceConsoleLogsUpdate> responseStream, ServerCallContext context) => UntilCancelled(context, async cancellationToken =>
    {
        var batches = request.SuppressFollow ? loggers.GetAllAsync(request.ResourceName) : loggers.WatchAsync(request.ResourceName);

        await foreach (var batch in batches.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            var update = new WatchResourceConsoleLogsUpdate();
            update.LogLines.AddRange(batch.Select(line => new ConsoleLogLine { LineNumber = line.LineNumber, Text = line.Content, IsStdErr = line.IsErrorMessage }));
            await responseStream.WriteAsync(update, cancellationToken).ConfigureAwait(false);
        }
    });

    public override async Task<ResourceCommandResponse> ExecuteResourceCommand(ResourceCommandRequest request, ServerCallContext context)
    {
        var result = await commands.ExecuteCommandAsync(request.ResourceName, request.CommandName, context.CancellationToken).ConfigureAwait(false);
        return ResourceMapper.Map(result);
    }

    /// <summary>There are no interactions; the stream stays open, or the dashboard would ask again and again.</summary>
    public override Task WatchInteractions(IAsyncStreamReader<WatchInteractionsRequestUpdate> requestStream, IServerStreamWriter<WatchInteractionsResponseUpdate> responseStream, ServerCallContext context) =>
        UntilCancelled(context, cancellationToken => Task.Delay(Timeout.Infinite, cancellationToken));

    private static async Task UntilCancelled(ServerCallContext context, Func<CancellationToken, Task> stream)
    {
        try
        {
            await stream(context.CancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The dashboard hung up, or the application ends.
        }
    }
}
