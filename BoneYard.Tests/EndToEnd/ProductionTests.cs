using BoneYard.Tests.Infrastructure;

namespace BoneYard.Tests.EndToEnd;

/// <summary>Production mode: hardened containers and cached pages.</summary>
[Collection(ProductionSite.Name)]
public sealed class ProductionTests(SiteWithGivenChain fixture)
{
    private readonly Site _site = fixture.Site;

    [Theory]
    [InlineData("sitedb", 1024, 200)]
    [InlineData("siteblog", 512, 200)]
    [InlineData("sitewww", 256, 50)]
    public async Task Container_is_read_only_unprivileged_limited_and_restarted(string resource, int megabytes, int processes)
    {
        var settings = await ContainerEngine.RunAsync(
            "inspect", "--format", "{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}} {{.HostConfig.RestartPolicy.Name}}", await _site.ContainerOfAsync(resource));
        var limits = await ContainerEngine.RunAsync("inspect", "--format", "{{.HostConfig.Memory}} {{.HostConfig.PidsLimit}}", await _site.ContainerOfAsync(resource));

        Assert.Equal("true [ALL] [no-new-privileges] on-failure", settings);
        Assert.Equal($"{megabytes * 1024 * 1024} {processes}", limits);
    }

    [Theory]
    [InlineData("sitedb")]
    [InlineData("siteblog")]
    [InlineData("sitewww")]
    public async Task Container_can_write_to_tmpfs_only(string resource)
    {
        var container = await _site.ContainerOfAsync(resource);

        var written = await ContainerEngine.ListAsync(
            "exec", container, "sh", "-c", "for folder in /tmp /etc /usr /var /; do touch $folder/test 2>/dev/null && rm $folder/test && echo $folder; done; true");

        Assert.Equal(["/tmp"], written);
    }

    [Theory]
    [InlineData("sitedb", "/code")]
    [InlineData("siteblog", "/srv/site")]
    [InlineData("sitewww", "/www/data")]
    public async Task Sources_are_in_the_image_and_not_mounted(string resource, string target)
    {
        var container = await _site.ContainerOfAsync(resource);
        var mounts = await ContainerEngine.ListAsync("inspect", "--format", "{{range .Mounts}}{{println .Destination}}{{end}}", container);
        var files = await ContainerEngine.ListAsync("exec", container, "ls", target);

        Assert.DoesNotContain(target, mounts);
        Assert.NotEmpty(files);
    }

    [Fact]
    public async Task Pages_may_be_cached()
    {
        using var client = new HttpClient(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true } });

        using var page = await client.GetAsync(_site.Application.GetEndpoint("sitewww", "https"), TestContext.Current.CancellationToken);

        Assert.True(page.Headers.CacheControl?.Public, $"Cache-Control is {page.Headers.CacheControl}");
    }
}
