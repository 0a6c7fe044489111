using BoneYard.Tests.Infrastructure;

namespace BoneYard.Tests.EndToEnd;

/// <summary>Development: Nginx serves saved changes, and no container restarts.</summary>
public sealed class ReloadTests(Workshop workshop) : IClassFixture<Workshop>
{
    private readonly Site _site = workshop.Site;

    [Theory]
    [InlineData("site_blog/boneyard_blog/templates/posts/archive.jinja2", "<h1>Archive</h1>", "<h1>Saved template</h1>", "/archive")]
    [InlineData("site_blog/boneyard_blog/posts/views/feeds.py", "Disallow: /search", "Disallow: /saved-source", "/robots.txt")]
    [InlineData("site_www/static/site.css", ":root {", "/* Saved stylesheet */ :root {", "/static/site.css")]
    public async Task Saved_and_reverted_changes_are_served(string file, string old, string saved, string page)
    {
        await using (await workshop.SaveAsync(file, text => text.Replace(old, saved, StringComparison.Ordinal)))
        {
            await _site.WaitForTextAsync(page, text => text.Contains(saved, StringComparison.Ordinal));
        }

        await _site.WaitForTextAsync(page, text => !text.Contains(saved, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("def broken(:\n", "SyntaxError")]
    [InlineData("import no_such_module\n", "ModuleNotFoundError")]
    public async Task Python_error_is_shown_on_the_page_and_in_the_log_until_it_is_fixed(string mistake, string error)
    {
        var started = await BlogStartAsync();
        string page;

        await using (await workshop.SaveAsync("site_blog/boneyard_blog/posts/views/home.py", text => text + mistake))
        {
            page = await _site.WaitForPageAsync("/", 500);
            await _site.WaitForLogLineAsync("siteblog", line => line.Contains(error, StringComparison.Ordinal));
        }

        await _site.WaitForPageAsync("/", 200);

        Assert.Contains(error, page, StringComparison.Ordinal);
        Assert.Contains("views/home.py", page, StringComparison.Ordinal);
        Assert.Equal(started, await BlogStartAsync());
    }

    private async Task<string> BlogStartAsync() =>
        await ContainerEngine.RunAsync("inspect", "--format", "{{.Id}} {{.State.StartedAt}} {{.RestartCount}}", await _site.ContainerOfAsync("siteblog"));
}
