using BoneYard.Tests.Infrastructure;

namespace BoneYard.Tests.EndToEnd;

/// <summary>Development mode, which the shared site uses.</summary>
[Collection(RunningSite.Name)]
public sealed class DevelopmentModeTests(SiteFixture fixture)
{
    private readonly Site _site = fixture.Site;

    [Theory]
    [InlineData("sitedb", "/code")]
    [InlineData("siteblog", "/srv/site")]
    [InlineData("sitewww", "/www/data")]
    public async Task Sources_are_mounted_read_only(string resource, string target)
    {
        var mounts = await ContainerEngine.ListAsync(
            "inspect", "--format", "{{range .Mounts}}{{println .Type .Destination .RW}}{{end}}", await _site.ContainerOfAsync(resource));

        Assert.Contains($"bind {target} false", mounts);
    }

    [Fact]
    public async Task Pages_and_static_files_are_not_cached()
    {
        using var page = await _site.GetAsync("/");
        using var file = await _site.GetAsync("/static/site.css");

        Assert.True(page.Headers.CacheControl?.NoCache);
        Assert.True(file.Headers.CacheControl?.NoCache);
    }
}
