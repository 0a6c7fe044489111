using BoneYard.Tests.Infrastructure;

namespace BoneYard.Tests.EndToEnd;

/// <summary>In development: what is saved on the host shows through Nginx, and nothing is restarted for it.</summary>
public sealed class ReloadTests(Workshop workshop) : IClassFixture<Workshop>
{
    private readonly Site _site = workshop.Site;

    [Theory]
    [InlineData("site_blog/boneyard_blog/templates/posts/archive.jinja2", "<h1>Archive</h1>", "<h1>Saved template</h1>", "/archive")]
    [InlineData("site_blog/boneyard_blog/posts/views/feeds.py", "Disallow: /search", "Disallow: /saved-source", "/robots.txt")]
    [InlineData("site_www/static/site.css", ":root {", "/* Saved stylesheet */ :root {", "/static/site.css")]
    public async Task A_saved_file_shows_and_so_does_the_way_back(string file, string old, string saved, string page)
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
    public async Task A_mistake_is_shown_on_a_page_and_in_the_log_and_mended_without_a_restart(string mistake, string error)
    {
        var started = await StartOfTheBlogAsync();
        string page;

        await using (await workshop.SaveAsync("site_blog/boneyard_blog/posts/views/home.py", text => text + mistake))
        {
            page = await _site.WaitForPageAsync("/", 500);
            await _site.WaitForLogLineAsync("siteblog", line => line.Contains(error, StringComparison.Ordinal));
        }

        await _site.WaitForPageAsync("/", 200);

        Assert.Contains(error, page, StringComparison.Ordinal);
        Assert.Contains("views/home.py", page, StringComparison.Ordinal);
        Assert.Equal(started, await StartOfTheBlogAsync());
    }

    private async Task<string> StartOfTheBlogAsync() =>
        await ContainerEngine.RunAsync("inspect", "--format", "{{.Id}} {{.State.StartedAt}} {{.RestartCount}}", await _site.ContainerOfAsync("siteblog"));
}
