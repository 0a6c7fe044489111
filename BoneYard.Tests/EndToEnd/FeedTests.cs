using System.Globalization;
using System.Xml.Linq;
using BoneYard.Tests.Infrastructure;

namespace BoneYard.Tests.EndToEnd;

/// <summary>Feeds, sitemaps and robots.txt.</summary>
[Collection(RunningSite.Name)]
public sealed class FeedTests(SiteFixture fixture) : IDisposable
{
    private static readonly XNamespace s_atom = "http://www.w3.org/2005/Atom";
    private static readonly XNamespace s_sitemap = "http://www.sitemaps.org/schemas/sitemap/0.9";

    private readonly Site _site = fixture.Site;
    private readonly Visitor _reader = fixture.Site.Visit();
    private readonly string _slug = Unique.Name("fed");
    private readonly string _tag = Unique.Name("tag");

    public void Dispose() => _reader.Dispose();

    [Fact]
    public async Task Feed_starts_with_the_full_newest_post()
    {
        await _site.InsertPostAsync("Bones & <stones>", _slug, "Found *under* the shed.", null, _tag);

        var feed = await ReadAsync("/feed", "application/atom+xml");
        var entry = feed.Elements(s_atom + "entry").First();
        var address = AddressOf($"/post/{_slug}");

        Assert.Equal(s_atom + "feed", feed.Name);
        Assert.Equal(AddressOf("/feed"), feed.Elements(s_atom + "link").Single(link => (string?)link.Attribute("rel") == "self").Attribute("href")?.Value);
        Assert.Equal(
            ("Bones & <stones>", address, _tag),
            (Text(entry, "title"), entry.Element(s_atom + "link")?.Attribute("href")?.Value, entry.Element(s_atom + "category")?.Attribute("term")?.Value));
        // The id does not change when the post or the site moves.
        Assert.True(Guid.TryParse(Text(entry, "id").Replace("urn:uuid:", "", StringComparison.Ordinal), out _));
        Assert.Equal(("html", "<p>Found <em>under</em> the shed.</p>"), (entry.Element(s_atom + "content")?.Attribute("type")?.Value, Text(entry, "content").Trim()));
        Assert.All(feed.Descendants(s_atom + "updated"), updated => DateTimeOffset.ParseExact(updated.Value, "yyyy-MM-dd'T'HH:mm:ssK", CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task Each_tag_has_a_feed()
    {
        await _site.InsertPostAsync("With the tag", _slug, "", null, _tag);
        await _site.InsertPostAsync("Without it", Unique.Name("other"), "");
        using var page = await _reader.OpenAsync($"/tag/{_tag}");

        var feed = await ReadAsync(page.Links("link[type='application/atom+xml']").Single(link => link.Contains(_tag, StringComparison.Ordinal)), "application/atom+xml");

        Assert.Equal(["With the tag"], feed.Elements(s_atom + "entry").Select(entry => Text(entry, "title")));
        Assert.Equal($"The Bone Yard: {_tag}", Text(feed, "title"));
    }

    [Fact]
    public async Task Robots_txt_links_to_a_sitemap_with_every_post()
    {
        await _site.InsertPostAsync("For robots", _slug, "", new(1995, 7, 1, 12, 0, 0, TimeSpan.Zero));
        var robots = (await _site.GetTextAsync("/robots.txt")).Split('\n');
        var sitemap = robots.Single(line => line.StartsWith("Sitemap: ", StringComparison.Ordinal))["Sitemap: ".Length..];

        var index = await ReadAsync(sitemap, "application/xml");
        var month = await ReadAsync(index.Descendants(s_sitemap + "loc").Single(location => location.Value.EndsWith("/1995-07.xml", StringComparison.Ordinal)).Value, "application/xml");
        var pages = await ReadAsync(index.Descendants(s_sitemap + "loc").First().Value, "application/xml");

        Assert.Equal(AddressOf("/sitemap.xml"), sitemap);
        Assert.Contains("Disallow: /author", robots);
        Assert.Equal([AddressOf($"/post/{_slug}")], month.Descendants(s_sitemap + "loc").Select(location => location.Value));
        Assert.Contains(AddressOf("/archive"), pages.Descendants(s_sitemap + "loc").Select(location => location.Value));
    }

    private static string Text(XElement element, string child) => element.Element(s_atom + child)?.Value ?? "";

    private string AddressOf(string path) => new Uri(_site.AddressFor(null), path).AbsoluteUri;

    private async Task<XElement> ReadAsync(string address, string mediaType)
    {
        using var response = await _site.GetAsync(address);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.True(response.IsSuccessStatusCode && response.Content.Headers.ContentType?.MediaType == mediaType, $"{address} answered {(int)response.StatusCode} with {response.Content.Headers.ContentType}: {text}");
        return XDocument.Parse(text).Root!;
    }
}
