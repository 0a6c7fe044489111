using System.Net;
using System.Text.Json;
using BoneYard.Tests.Infrastructure;

namespace BoneYard.Tests.EndToEnd;

/// <summary>Requests through Nginx.</summary>
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
    public async Task Nginx_serves_static_files_without_the_blog()
    {
        using var response = await _site.GetAsync("/static/site.css");
        var marker = $"/after-the-static-file-{Guid.NewGuid():N}";
        using var _ = await _site.GetAsync(marker);
        // The blog has logged a later request, so it would have logged this one.
        await _site.WaitForLogLineAsync("siteblog", line => line.Contains(marker, StringComparison.Ordinal));

        Assert.Equal((HttpStatusCode.OK, "text/css"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        Assert.DoesNotContain(await _site.LogAsync("siteblog"), line => line.Contains("/static/site.css", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_unknown_path_gets_the_404_page()
    {
        using var response = await _site.GetAsync("/no/such/page");

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal("text/html", response.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task A_hidden_file_gets_404()
    {
        using var response = await _site.GetAsync("/.git/config");

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/static/site.css")]
    public async Task HEAD_returns_the_headers_of_GET_without_a_body(string path)
    {
        using var head = await _site.SendAsync(new(HttpMethod.Head, path));

        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        Assert.Empty(await head.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Headers_of_twelve_kilobytes_are_accepted()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { { "X-Large", new string('x', 6_000) }, { "X-Larger", new string('y', 6_000) } } };
        using var response = await _site.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Nginx_rejects_headers_that_are_too_large()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { { "X-Huge", new string('x', 40_000) } } };
        using var response = await _site.SendAsync(request);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task The_blog_gets_the_trace_and_the_real_client_address()
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

        // The orchestrator prepends the time.
        static string ClientIn(string line) => JsonDocument.Parse(line[line.IndexOf('{', StringComparison.Ordinal)..]).RootElement.GetProperty("client").GetString()!;
    }

    [Fact]
    public async Task Nginx_has_a_health_endpoint_of_its_own()
    {
        Assert.Equal("ok\n", await _site.GetTextAsync("/health"));
    }
}
