using System.Net;
using System.Text.Json;
using BoneYard.Tests.Infrastructure;

namespace BoneYard.Tests.EndToEnd;

/// <summary>What a visitor gets, through Nginx.</summary>
[Collection(RunningSite.Name)]
public sealed class FrontDoorTests(SiteFixture fixture)
{
    private readonly Site _site = fixture.Site;

    [Fact]
    public async Task A_page_shows_a_post_that_is_in_the_database()
    {
        var slug = $"inserted-{Guid.NewGuid():N}";
        await _site.InsertPostAsync("Bones & <stones>", slug, "Found *under* the shed.");

        var page = await _site.WaitForPageAsync($"/post/{slug}", 200);

        Assert.Contains("Bones &amp; &lt;stones&gt;", page, StringComparison.Ordinal);
        Assert.Contains("<em>under</em>", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_home_page_lists_posts()
    {
        var page = await _site.GetTextAsync("/");

        Assert.Contains("<article", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_static_file_comes_from_nginx_and_never_reaches_the_blog()
    {
        using var response = await _site.GetAsync("/static/site.css");
        var marker = $"/after-the-static-file-{Guid.NewGuid():N}";
        using var _ = await _site.GetAsync(marker);
        // The blog has logged what came later, so it would have logged what came before.
        await _site.WaitForLogLineAsync("siteblog", line => line.Contains(marker, StringComparison.Ordinal));

        Assert.Equal((HttpStatusCode.OK, "text/css"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        Assert.DoesNotContain(await _site.LogAsync("siteblog"), line => line.Contains("/static/site.css", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_unknown_page_is_not_found_and_says_so()
    {
        using var response = await _site.GetAsync("/no/such/page");

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal("text/html", response.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task A_hidden_file_is_not_found()
    {
        using var response = await _site.GetAsync("/.git/config");

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/static/site.css")]
    public async Task HEAD_gets_the_headers_of_GET_and_no_body(string path)
    {
        using var head = await _site.SendAsync(new(HttpMethod.Head, path));

        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        Assert.Empty(await head.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Headers_of_twelve_kilobytes_pass()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { { "X-Large", new string('x', 6_000) }, { "X-Larger", new string('y', 6_000) } } };
        using var response = await _site.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task A_header_too_large_is_refused_by_nginx()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { { "X-Huge", new string('x', 40_000) } } };
        using var response = await _site.SendAsync(request);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task The_blog_learns_the_trace_and_a_client_address_that_nobody_can_forge()
    {
        var traceId = Guid.NewGuid().ToString("N");
        var path = $"/who-asks-{Guid.NewGuid():N}";
        using var request = new HttpRequestMessage(HttpMethod.Get, path)
        {
            Headers = { { "traceparent", $"00-{traceId}-00f067aa0ba902b7-01" }, { "X-Forwarded-For", "203.0.113.7" }, { "X-Real-IP", "203.0.113.7" } },
        };
        using var response = await _site.SendAsync(request);

        var blog = await _site.WaitForLogLineAsync("siteblog", line => line.Contains(path, StringComparison.Ordinal));
        var nginx = await _site.WaitForLogLineAsync("sitewww", line => line.Contains(path, StringComparison.Ordinal));

        Assert.Equal(ClientIn(nginx), ClientIn(blog));
        Assert.NotEqual("203.0.113.7", ClientIn(blog));
        Assert.Contains(traceId, nginx, StringComparison.Ordinal);

        // The orchestrator puts the time in front.
        static string ClientIn(string line) => JsonDocument.Parse(line[line.IndexOf('{', StringComparison.Ordinal)..]).RootElement.GetProperty("client").GetString()!;
    }

    [Fact]
    public async Task Nginx_answers_for_its_own_health()
    {
        Assert.Equal("ok\n", await _site.GetTextAsync("/health"));
    }
}
