using System.IO.Compression;
using System.Net;
using System.Text;
using BoneYard.Tests.Infrastructure;

namespace BoneYard.Tests.EndToEnd;

/// <summary>Image upload, delivery and export.</summary>
[Collection(RunningSite.Name)]
public sealed class MediaTests(SiteFixture fixture) : IAsyncLifetime
{
    // One pixel.
    private static readonly byte[] s_gif = Convert.FromBase64String("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7");

    private readonly Site _site = fixture.Site;
    private Author _author = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private static Task<byte[]> PngAsync => File.ReadAllBytesAsync(Repository.PathOf("containers", "site_www", "code", "static", "card.png"), Cancelled);

    public async ValueTask InitializeAsync() => _author = await Author.SignInAsync(_site);

    public ValueTask DisposeAsync()
    {
        _author.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Nginx_serves_uploaded_images_without_the_blog()
    {
        var name = $"{Unique.Name("picture")}.png";

        using var gallery = (await _author.UploadAsync(await PngAsync, name, "image/png")).WithStatus(HttpStatusCode.OK);
        var path = gallery.Html.QuerySelectorAll(".gallery li").Single(item => item.TextContent.Contains(name, StringComparison.Ordinal)).QuerySelector("img")!.GetAttribute("src")!;
        using var picture = await _site.GetAsync(path);
        var request = await _site.WaitForLogLineAsync("sitewww", line => line.Contains($"\"uri\":\"{path}\"", StringComparison.Ordinal));

        Assert.Equal((HttpStatusCode.OK, "image/png"), (picture.StatusCode, picture.Content.Headers.ContentType?.MediaType));
        Assert.Equal(["nosniff"], picture.Headers.GetValues("X-Content-Type-Options"));
        Assert.Equal("\x89PNG\r\n\x1a\n", Encoding.Latin1.GetString((await picture.Content.ReadAsByteArrayAsync(Cancelled))[..8]));
        Assert.Contains("\"upstream\":\"\"", request, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("picture.png", "image/png", "<html><script>alert(1)</script></html>")]
    [InlineData("picture.svg", "image/svg+xml", "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>")]
    public async Task File_that_is_not_an_image_is_rejected(string name, string contentType, string content)
    {
        using var refusal = await _author.UploadAsync(Encoding.UTF8.GetBytes(content), name, contentType);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, refusal.Status);
        Assert.Equal("The file is not a PNG, JPEG, GIF or WebP image, or it is damaged.", refusal.One("[role=alert]").TextContent.Trim());
    }

    [Fact]
    public async Task File_over_10_MB_is_rejected()
    {
        using var refusal = await _author.UploadAsync(new byte[(10 * 1024 * 1024) + 1], "large.png", "image/png");

        Assert.Equal(HttpStatusCode.UnprocessableEntity, refusal.Status);
        Assert.Equal("The file is larger than 10 MB.", refusal.One("[role=alert]").TextContent.Trim());
    }

    [Fact]
    public async Task Export_contains_posts_and_images()
    {
        var slug = Unique.Name("exported");
        using var editor = await _author.WriteAsync(("title", "Exported"), ("slug", slug), ("body", "Even a *draft*."), ("tags", "kept"));
        using var gallery = (await _author.UploadAsync(s_gif, "pixel.gif", "image/gif")).WithStatus(HttpStatusCode.OK);

        using var response = await _author.SendAsync(new(HttpMethod.Get, "/author/export"));
        using var zip = new ZipArchive(await response.Content.ReadAsStreamAsync(Cancelled));
        using var post = new StreamReader(zip.GetEntry($"posts/{slug}.md")!.Open());
        var text = await post.ReadToEndAsync(Cancelled);

        Assert.Equal(("application/zip", "attachment"), (response.Content.Headers.ContentType?.MediaType, response.Content.Headers.ContentDisposition?.DispositionType));
        Assert.Contains("title: Exported", text, StringComparison.Ordinal);
        Assert.EndsWith("Even a *draft*.", text.TrimEnd(), StringComparison.Ordinal);
        Assert.Contains(zip.Entries, entry => entry.FullName.StartsWith("media/", StringComparison.Ordinal) && entry.FullName.EndsWith(".gif", StringComparison.Ordinal));
    }
}
