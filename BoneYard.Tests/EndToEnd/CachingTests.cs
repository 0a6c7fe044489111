using System.Diagnostics;
using System.Net;
using BoneYard.Tests.Infrastructure;

namespace BoneYard.Tests.EndToEnd;

/// <summary>Production: what readers and Nginx keep of public pages, and what nobody keeps.</summary>
[Collection(ProductionSite.Name)]
public sealed class CachingTests(SiteWithGivenChain fixture) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Site _site = fixture.Site;
    private readonly Visitor _reader = fixture.Site.Visit(fixture.Root);

    public void Dispose() => _reader.Dispose();

    [Theory]
    [InlineData("/")]
    [InlineData("/archive")]
    [InlineData("/feed")]
    [InlineData("/static/site.css")]
    public async Task What_has_not_changed_is_confirmed_and_not_sent_again(string path)
    {
        using var first = await _reader.SendAsync(new(HttpMethod.Get, path));

        using var second = await _reader.SendAsync(new(HttpMethod.Get, path) { Headers = { IfNoneMatch = { first.Headers.ETag! } } });

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.NotModified), (first.StatusCode, second.StatusCode));
        Assert.Empty(await second.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        Assert.Equal(first.Headers.ETag, second.Headers.ETag);
    }

    [Fact]
    public async Task A_new_post_makes_a_page_another_one()
    {
        // Each asks for the page under an address that Nginx has not kept yet.
        using var before = await _reader.SendAsync(new(HttpMethod.Get, $"/?{Unique.Name("before")}"));
        await _site.InsertPostAsync("New", Unique.Name("new"), "");

        using var after = await _reader.SendAsync(new(HttpMethod.Get, $"/?{Unique.Name("after")}") { Headers = { IfNoneMatch = { before.Headers.ETag! } } });

        Assert.Equal(HttpStatusCode.OK, after.StatusCode);
        Assert.NotEqual(before.Headers.ETag, after.Headers.ETag);
    }

    [Fact]
    public async Task Nginx_answers_readers_with_the_page_that_it_kept()
    {
        var path = $"/archive?{Unique.Name("kept")}";
        var answers = new List<string>();
        using var patience = new CancellationTokenSource(Patience);

        // A page is fresh for five seconds; on a busy machine the second request may come later than that.
        while (!answers.Contains("HIT"))
        {
            patience.Token.ThrowIfCancellationRequested();
            using var _ = await _reader.OpenAsync(path);
            answers = await CacheLogAsync(path, answers.Count + 1);
        }

        Assert.Equal("MISS", answers[0]);
    }

    [Fact]
    public async Task An_author_gets_a_page_of_their_own_and_no_reader_gets_it_afterwards()
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
    public async Task An_edit_and_a_withdrawal_reach_readers_as_soon_as_a_kept_page_is_too_old()
    {
        var slug = Unique.Name("followed");
        using var author = await Author.SignInAsync(_site, fixture.Root);
        using var editor = await author.PublishAsync(("title", slug), ("slug", slug), ("body", "The old line."));
        using var kept = await _reader.OpenAsync($"/post/{slug}");

        using var edited = await author.EditAsync(editor, ("body", "The new line."));
        using var newPost = await OpenOnceAsync(kept, HttpStatusCode.OK, "The new line.");
        using var binned = await author.PressOnDeskAsync("published", $"Move to bin: {slug}");
        using var gone = await OpenOnceAsync(kept, HttpStatusCode.NotFound, "Page not found");

        Assert.Equal("The old line.", kept.One(".prose").TextContent.Trim());
        Assert.Equal("The new line.", newPost.One(".prose").TextContent.Trim());
        Assert.Empty(gone.All(".prose"));
    }

    [Fact]
    public async Task A_reader_who_has_looked_at_the_form_to_sign_in_gets_pages_that_are_kept_all_the_same()
    {
        using var _ = await _reader.OpenAsync("/sign-in");

        using var page = await _reader.OpenAsync($"/archive?{Unique.Name("looked")}");

        Assert.True(page.Headers.CacheControl is { Public: true }, $"Cache-Control is {page.Headers.CacheControl}");
    }

    [Fact]
    public async Task Cookies_go_over_HTTPS_alone()
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

    /// <summary>Asks for a page that Nginx has kept, again and again until it is the one that is there now: as long as the kept one may be shown.</summary>
    private async Task<Page> OpenOnceAsync(Page kept, HttpStatusCode status, string text)
    {
        // Nginx counts in whole seconds.
        var longest = kept.Headers.CacheControl!.SharedMaxAge!.Value + TimeSpan.FromSeconds(1);
        var sinceTheChange = Stopwatch.StartNew();

        while (true)
        {
            var isTooOld = sinceTheChange.Elapsed > longest;
            using var response = await _reader.SendAsync(new(HttpMethod.Get, kept.Address.PathAndQuery));
            var page = await Page.ReadAsync(response, TestContext.Current.CancellationToken);

            if (page.Status == status && page.Html.Body!.TextContent.Contains(text, StringComparison.Ordinal))
            {
                return page;
            }

            if (isTooOld)
            {
                throw page.Surprise($"is not {(int)status} with '{text}', though the kept page is older than {longest}");
            }

            page.Dispose();
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>What Nginx says of the cache in its log, once it has logged so many requests of this address.</summary>
    private async Task<List<string>> CacheLogAsync(string uri, int requests) =>
    [
        .. (await _site.WaitForLogLinesAsync("sitewww", requests, line => line.Contains($"\"uri\":\"{uri}\"", StringComparison.Ordinal)))
            .Select(line => line.Split("\"cache\":\"")[1].Split('"')[0]),
    ];
}
