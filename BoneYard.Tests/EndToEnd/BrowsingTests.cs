using System.Net;
using BoneYard.Tests.Infrastructure;

namespace BoneYard.Tests.EndToEnd;

/// <summary>Navigation by date, tag and page.</summary>
[Collection(RunningSite.Name)]
public sealed class BrowsingTests(SiteFixture fixture) : IDisposable
{
    private readonly Site _site = fixture.Site;
    private readonly Visitor _reader = fixture.Site.Visit();

    public void Dispose() => _reader.Dispose();

    [Fact]
    public async Task Archive_counts_posts_and_links_to_months()
    {
        // No other test uses this year.
        string[] slugs = [Unique.Name("april"), Unique.Name("april"), Unique.Name("june")];
        await _site.InsertPostAsync("First", slugs[0], "Of April.", new(1993, 4, 1, 0, 0, 0, TimeSpan.Zero));
        await _site.InsertPostAsync("Second", slugs[1], "Of April too.", new(1993, 4, 30, 23, 59, 59, TimeSpan.Zero));
        await _site.InsertPostAsync("Third", slugs[2], "Of June.", new(1993, 6, 15, 12, 0, 0, TimeSpan.Zero));

        using var archive = await _reader.OpenAsync("/archive");
        using var month = await _reader.OpenAsync("/archive/1993/04");
        using var year = await _reader.OpenAsync("/archive/1993");

        Assert.Equal("1993 3", archive.One("#y1993").TextContent);
        Assert.Equal(["June 1", "April 2"], archive.All("[aria-labelledby=y1993] li"));
        Assert.Contains("/archive/1993/04", archive.Links("[aria-labelledby=y1993] li a"));
        Assert.Equal([$"/post/{slugs[1]}", $"/post/{slugs[0]}"], month.Links("main h2 a"));
        Assert.Equal([$"/post/{slugs[2]}", $"/post/{slugs[1]}", $"/post/{slugs[0]}"], year.Links("main h2 a"));
    }

    [Fact]
    public async Task Month_without_posts_is_not_found()
    {
        using var page = await _reader.OpenAsync("/archive/1992/01", HttpStatusCode.NotFound);

        Assert.Contains("Page not found", page.Main, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tag_counts_and_lists_its_posts()
    {
        var (tag, one, other) = (Unique.Name("tag"), Unique.Name("one"), Unique.Name("other"));
        await _site.InsertPostAsync("One", one, "With the tag.", DateTimeOffset.UtcNow.AddHours(-2), tag);
        await _site.InsertPostAsync("Other", other, "With the tag and another.", DateTimeOffset.UtcNow.AddHours(-1), tag, Unique.Name("tag"));

        using var tags = await _reader.OpenAsync("/tags");
        using var posts = await _reader.OpenAsync(tags.Links("main a").Single(link => link == $"/tag/{tag}"));

        Assert.Contains($"{tag} 2", tags.All("main a"));
        Assert.Equal([$"/post/{other}", $"/post/{one}"], posts.Links("main h2 a"));
        Assert.StartsWith("2 posts.", posts.One("main .lede").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Long_list_has_links_to_next_and_previous_page()
    {
        var tag = Unique.Name("many");

        for (var hour = 1; hour <= 11; hour++)
        {
            await _site.InsertPostAsync($"Post {hour}", Unique.Name("many"), "One of many.", DateTimeOffset.UtcNow.AddHours(-hour), tag);
        }

        using var first = await _reader.OpenAsync($"/tag/{tag}");
        using var second = await _reader.OpenAsync(first.Links("main a[rel=next]").Single());
        using var again = await _reader.OpenAsync(second.Links("main a[rel=prev]").Single());

        Assert.Equal(Enumerable.Range(1, 10).Select(hour => $"Post {hour}"), first.All("main h2"));
        Assert.Equal(["Post 11"], second.All("main h2"));
        Assert.Equal(first.Address, again.Address);
    }

    [Fact]
    public async Task Post_links_to_its_tags_and_adjacent_posts()
    {
        var (before, post, after, tag) = (Unique.Name("before"), Unique.Name("post"), Unique.Name("after"), Unique.Name("tag"));
        // No other test uses this day.
        var day = new DateTimeOffset(1994, 3, 5, 0, 0, 0, TimeSpan.Zero);
        await _site.InsertPostAsync("Before", before, "", day);
        await _site.InsertPostAsync("Between", post, "", day.AddHours(1), tag);
        await _site.InsertPostAsync("After", after, "", day.AddHours(2));

        using var page = await _reader.OpenAsync($"/post/{post}");

        Assert.Equal([$"/tag/{tag}"], page.Links("main a[rel=tag]"));
        Assert.Equal($"/post/{before}", page.One("a[rel=prev]").GetAttribute("href"));
        Assert.Equal($"/post/{after}", page.One("a[rel=next]").GetAttribute("href"));
        Assert.Equal(new Uri(page.Address, $"/post/{post}").AbsoluteUri, page.One("link[rel=canonical]").GetAttribute("href"));
    }
}
