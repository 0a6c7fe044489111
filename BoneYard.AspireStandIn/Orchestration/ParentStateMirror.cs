using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Orchestration;

/// <summary>A child that is no container itself, such as a database in a server, is in the state of its parent.</summary>
internal static class ParentStateMirror
{
    public static async Task RunAsync(DistributedApplicationModel model, ResourceNotificationService notifications, CancellationToken cancellationToken)
    {
        var children = model.Resources.OfType<IResourceWithParent>().Where(child => child is not ContainerResource).ToLookup(child => child.Parent.Name);

        await foreach (var update in notifications.WatchAsync(cancellationToken).ConfigureAwait(false))
        {
            foreach (var child in children[update.Resource.Name])
            {
                await notifications.PublishUpdateAsync(child, s => s with
                {
                    State = update.Snapshot.State,
                    StartTimeStamp = update.Snapshot.StartTimeStamp,
                    StopTimeStamp = update.Snapshot.StopTimeStamp,
                }).ConfigureAwait(false);
            }
        }
    }
}
