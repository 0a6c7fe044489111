using System.Diagnostics;
using System.Net;
using BoneYard.Tests.Infrastructure;

namespace BoneYard.Tests.EndToEnd;

/// <summary>Production: caching of public pages in browsers and Nginx, and of no others.</summary>
[Collection(ProductionSite.Name)]
public sealed class CachingTests(SiteWithGivenChain fixture) : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(1);

    private readonly Site _site = fixture.Site;
    private readonly Visitor _reader = fixture.Site.Visit(fixture.Root);

    public void Dispose() => _reader.Dispose();

    [Theory]
    [InlineData("/")]
    [InlineData("/archive")]
    [InlineData("/feed")]
    [InlineData("/static/site.css")]
    public async Task Unchanged_page_is_answered_with_304(string path)
    {
        using var first = await _reader.SendAsync(new(HttpMethod.Get, path));

        using var second = await _reader.SendAsync(new(HttpMethod.Get, path) { Headers = { IfNoneMatch = { first.Headers.ETag! } } });

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.NotModified), (first.StatusCode, second.StatusCode));
        Assert.Empty(await second.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        Assert.Equal(first.Headers.ETag, second.Headers.ETag);
    }

    [Fact]
    public async Task New_post_changes_the_ETag()
    {
        // Each request has a new query, which is not in the cache.
        using var before = await _reader.SendAsync(new(HttpMethod.Get, $"/?{Unique.Name("before")}"));
        await _site.InsertPostAsync("New", Unique.Name("new"), "");

        using var after = await _reader.SendAsync(new(HttpMethod.Get, $"/?{Unique.Name("after")}") { Headers = { IfNoneMatch = { before.Headers.ETag! } } });

        Assert.Equal(HttpStatusCode.OK, after.StatusCode);
        Assert.NotEqual(before.Headers.ETag, after.Headers.ETag);
    }

    [Fact]
    public async Task Nginx_serves_readers_from_its_cache()
    {
        var path = $"/archive?{Unique.Name("kept")}";
        var answers = new List<string>();
        using var timeout = new CancellationTokenSource(Timeout);

        // A page is fresh for five seconds, and on a busy machine the second request may be later.
        while (!answers.Contains("HIT"))
        {
            timeout.Token.ThrowIfCancellationRequested();
            using var _ = await _reader.OpenAsync(path);
            answers = await CacheLogAsync(path, answers.Count + 1);
        }

        Assert.Equal("MISS", answers[0]);
    }

    [Fact]
    public async Task Pages_for_authors_bypass_the_cache()
    {
        var path = $"/archive?{Unique.Name("own")}";
        using var author = await Author.SignInAsync(_site, fixture.Root);

        using var ofReader = await _reader.OpenAsync(path);
        using var ofAuthor = await author.OpenAsync(path);
        using var again = await author.OpenAsync(path);
        using var ofReaderAfterwards = await _reader.OpenAsync(path);

        Assert.Equal(["MISS", "BYPASS", "BYPASS"], (await CacheLogAsync(path, requests: 4)).Take(3));
        Assert.Contains("/author/", ofAuthor.Links("header nav a"));
        Assert.True(ofAuthor.Headers.CacheControl is { NoStore: true, Private: true }, $"Cache-Control is {ofAuthor.Headers.CacheControl}");
        Assert.All([ofReader, ofReaderAfterwards], page => Assert.DoesNotContain("/author/", page.Links("header nav a")));
    }

    [Fact]
    public async Task Edits_and_deletions_are_public_when_the_cached_page_expires()
    {
        var slug = Unique.Name("followed");
        using var author = await Author.SignInAsync(_site, fixture.Root);
        using var editor = await author.PublishAsync(("title", slug), ("slug", slug), ("body", "The old line."));
        using var cached = await _reader.OpenAsync($"/post/{slug}");

        using var edited = await author.EditAsync(editor, ("body", "The new line."));
        using var newPost = await OpenWhenAsync(cached, HttpStatusCode.OK, "The new line.");
        using var binned = await author.PressOnDeskAsync("published", $"Move to bin: {slug}");
        using var gone = await OpenWhenAsync(cached, HttpStatusCode.NotFound, "Page not found");

        Assert.Equal("The old line.", cached.One(".prose").TextContent.Trim());
        Assert.Equal("The new line.", newPost.One(".prose").TextContent.Trim());
        Assert.Empty(gone.All(".prose"));
    }

    [Fact]
    public async Task Cookie_of_the_sign_in_form_does_not_prevent_caching()
    {
        using var _ = await _reader.OpenAsync("/sign-in");

        using var page = await _reader.OpenAsync($"/archive?{Unique.Name("looked")}");

        Assert.True(page.Headers.CacheControl is { Public: true }, $"Cache-Control is {page.Headers.CacheControl}");
    }

    [Fact]
    public async Task Cookies_are_secure_over_HTTPS()
    {
        using var visitor = _site.Visit(fixture.Root, followRedirects: false);
        using var form = await visitor.OpenAsync("/sign-in");

        using var desk = (await visitor.PressAsync(form, "Sign in", ("name", _site.AuthorName), ("password", _site.AuthorPassword))).WithStatus(HttpStatusCode.SeeOther);
        string[] cookies = [.. form.Headers.GetValues("Set-Cookie"), .. desk.Headers.GetValues("Set-Cookie")];

        Assert.Equal(["boneyard_device", "boneyard_session", "boneyard_sign_in"], cookies.Select(cookie => cookie.Split('=')[0]).Order(StringComparer.Ordinal));
        Assert.All(cookies, cookie => Assert.Equal(
            ["HttpOnly", "SameSite=Lax", "secure"],
            cookie.Split("; ").Where(part => part is "HttpOnly" or "secure" || part.StartsWith("SameSite", StringComparison.Ordinal)).Order(StringComparer.Ordinal)));
    }

    /// <summary>Repeats a request until the page is the expected one, for as long as Nginx may serve the cached one.</summary>
    private async Task<Page> OpenWhenAsync(Page cached, HttpStatusCode status, string text)
    {
        // Nginx counts whole seconds.
        var longest = cached.Headers.CacheControl!.SharedMaxAge!.Value + TimeSpan.FromSeconds(1);
        var sinceChange = Stopwatch.StartNew();

        while (true)
        {
            var isTooOld = sinceChange.Elapsed > longest;
            using var response = await _reader.SendAsync(new(HttpMethod.Get, cached.Address.PathAndQuery));
            var page = await Page.ReadAsync(response, TestContext.Current.CancellationToken);

            if (page.Status == status && page.Html.Body!.TextContent.Contains(text, StringComparison.Ordinal))
            {
                return page;
            }

            if (isTooOld)
            {
                throw page.Unexpected($"is not {(int)status} with '{text}', although the cached page expired after {longest}");
            }

            page.Dispose();
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>The cache status of an address's requests in the log of Nginx, once it has this many.</summary>
    private async Task<List<string>> CacheLogAsync(string uri, int requests) =>
    [
        .. (await _site.WaitForLogLinesAsync("sitewww", requests, line => line.Contains($"\"uri\":\"{uri}\"", StringComparison.Ordinal)))
            .Select(line => line.Split("\"cache\":\"")[1].Split('"')[0]),
    ];
}
