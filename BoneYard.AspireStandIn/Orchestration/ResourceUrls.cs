using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Orchestration;

/// <summary>The URLs of a resource for the dashboard: one for each endpoint, then what WithUrl and its kin add or change.</summary>
internal static class ResourceUrls
{
    public static async Task PublishAsync(
        IResourceWithEndpoints resource, DistributedApplicationExecutionContext executionContext, ResourceNotificationService notifications, CancellationToken cancellationToken)
    {
        List<ResourceUrlAnnotation> urls =
        [
            .. resource.GetEndpoints().Select(endpoint => new ResourceUrlAnnotation { Url = endpoint.Url, Endpoint = endpoint }),
            .. resource.Annotations.OfType<ResourceUrlAnnotation>(),
        ];

        var context = new ResourceUrlsCallbackContext(executionContext, resource, urls, cancellationToken);

        foreach (var annotation in resource.Annotations.OfType<ResourceUrlsCallbackAnnotation>())
        {
            await annotation.Callback(context).ConfigureAwait(false);
        }

        await notifications.PublishUpdateAsync(resource, s => s with
        {
            Urls = [.. urls.Select(url => new UrlSnapshot(url.Endpoint?.EndpointName, Absolute(url), IsInternal: url.DisplayLocation is UrlDisplayLocation.DetailsOnly)
            {
                IsInactive = true,
                DisplayProperties = new(url.DisplayText ?? "", url.DisplayOrder ?? 0),
            })],
        }).ConfigureAwait(false);
    }

    private static string Absolute(ResourceUrlAnnotation url) =>
        url.Endpoint is { } endpoint && url.Url.StartsWith('/') ? endpoint.Url + url.Url : url.Url;
}
