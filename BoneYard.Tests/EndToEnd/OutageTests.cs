using BoneYard.Tests.Infrastructure;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace BoneYard.Tests.EndToEnd;

/// <summary>A container stops and starts again.</summary>
[Collection(RunningSite.Name)]
public sealed class OutageTests(SiteFixture fixture)
{
    private readonly Site _site = fixture.Site;

    [Fact]
    public async Task Nginx_serves_an_error_page_while_the_blog_is_stopped()
    {
        await _site.RunCommandAsync("siteblog", "stop");

        // A new path, which is in no cache.
        var away = await _site.WaitForPageAsync($"/away-{Guid.NewGuid():N}", 502);
        var health = await _site.GetTextAsync("/health");

        await _site.RunCommandAsync("siteblog", "start");
        await _site.WaitUntilHealthyAsync("siteblog");
        await _site.WaitForPageAsync("/tags", 200);

        Assert.Contains("The service is temporarily unavailable", away, StringComparison.Ordinal);
        Assert.Equal("ok\n", health);
    }

    [Fact]
    public async Task Blog_becomes_unhealthy_without_the_database_and_recovers_with_all_posts()
    {
        var slug = $"kept-{Guid.NewGuid():N}";
        await _site.InsertPostAsync("Kept", slug, "Still here.");

        await _site.RunCommandAsync("sitedb", "stop");
        await _site.WaitForHealthAsync("siteblog", HealthStatus.Unhealthy);

        await _site.RunCommandAsync("sitedb", "start");
        await _site.WaitUntilHealthyAsync("blog");
        await _site.WaitUntilHealthyAsync("siteblog");

        Assert.Contains("Still here.", await _site.WaitForPageAsync($"/post/{slug}", 200), StringComparison.Ordinal);
    }
}
