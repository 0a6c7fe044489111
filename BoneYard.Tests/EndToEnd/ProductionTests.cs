using BoneYard.Tests.Infrastructure;

namespace BoneYard.Tests.EndToEnd;

/// <summary>What production does to the containers and to what they answer.</summary>
[Collection(ProductionSite.Name)]
public sealed class ProductionTests(SiteWithGivenChain fixture)
{
    private readonly Site _site = fixture.Site;

    [Theory]
    [InlineData("sitedb")]
    [InlineData("siteblog")]
    [InlineData("sitewww")]
    public async Task A_container_is_read_only_without_rights_limited_and_restarted(string resource)
    {
        var settings = await ContainerEngine.RunAsync(
            "inspect", "--format", "{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}} {{.HostConfig.RestartPolicy.Name}}", await _site.ContainerOfAsync(resource));
        var limits = await ContainerEngine.RunAsync("inspect", "--format", "{{.HostConfig.Memory}} {{.HostConfig.PidsLimit}}", await _site.ContainerOfAsync(resource));

        Assert.Equal("true [ALL] [no-new-privileges] on-failure", settings);
        Assert.DoesNotContain("0", limits.Split(' '));
    }

    [Theory]
    [InlineData("sitedb", "/code")]
    [InlineData("siteblog", "/srv/site")]
    [InlineData("sitewww", "/www/data")]
    public async Task The_sources_are_in_the_image_and_not_mounted(string resource, string target)
    {
        var container = await _site.ContainerOfAsync(resource);
        var mounts = await ContainerEngine.ListAsync("inspect", "--format", "{{range .Mounts}}{{println .Destination}}{{end}}", container);
        var files = await ContainerEngine.ListAsync("exec", container, "ls", target);

        Assert.DoesNotContain(target, mounts);
        Assert.NotEmpty(files);
    }

    [Fact]
    public async Task A_page_may_be_cached()
    {
        using var client = new HttpClient(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true } });

        using var page = await client.GetAsync(_site.Application.GetEndpoint("sitewww", "https"), TestContext.Current.CancellationToken);

        Assert.True(page.Headers.CacheControl?.Public, $"Cache-Control is {page.Headers.CacheControl}");
    }
}
