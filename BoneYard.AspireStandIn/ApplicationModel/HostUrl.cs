namespace Aspire.Hosting.ApplicationModel;

/// <summary>The URL of something on the host; in a container's environment it becomes the address that the tunnel offers.</summary>
public record HostUrl(string Url) : IExpressionValue
{
    string IManifestExpressionProvider.ValueExpression => Url;

    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default) => new(Url);
}
