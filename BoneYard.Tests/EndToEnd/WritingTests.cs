using System.Net;
using BoneYard.Tests.Infrastructure;

namespace BoneYard.Tests.EndToEnd;

/// <summary>Writing, publishing, editing and deleting posts.</summary>
[Collection(RunningSite.Name)]
public sealed class WritingTests(SiteFixture fixture) : IAsyncLifetime
{
    private readonly Site _site = fixture.Site;
    private readonly Visitor _reader = fixture.Site.Visit();
    private readonly string _slug = Unique.Name("written");
    private Author _author = null!;

    public async ValueTask InitializeAsync() => _author = await Author.SignInAsync(_site);

    public ValueTask DisposeAsync()
    {
        _author.Dispose();
        _reader.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Preview_renders_the_post_and_does_not_save_it()
    {
        using var preview = await _author.PreviewAsync(("title", "To be seen first"), ("slug", _slug), ("body", "Some *Markdown*.\n\n    code"), ("state", "published"));
        using var post = await _reader.OpenAsync($"/post/{_slug}", HttpStatusCode.NotFound);

        Assert.Equal(("To be seen first", "Markdown", "code"), (preview.One("article h2").TextContent, preview.One("article em").TextContent, preview.One("article pre").TextContent.Trim()));
        Assert.Equal(_slug, preview.One("#slug").GetAttribute("value"));
    }

    [Fact]
    public async Task Draft_is_not_public_until_it_is_published()
    {
        using var editor = await _author.WriteAsync(("title", "A draft"), ("slug", _slug), ("body", "Not *yet*."));
        using var unpublished = await _reader.OpenAsync($"/post/{_slug}", HttpStatusCode.NotFound);

        using var published = await _author.EditAsync(editor, ("state", "published"), ("tags", "bones, trixie"));
        using var post = await _reader.OpenAsync(published.Links("main form a").Single(link => link.StartsWith("/post/", StringComparison.Ordinal)));
        using var home = await _reader.OpenAsync("/");

        Assert.Equal("Saved.", published.One("[role=status]").TextContent.Trim());
        Assert.Equal(("A draft", "yet"), (post.One("h1").TextContent, post.One(".prose em").TextContent));
        Assert.Equal(["bones", "trixie"], post.All("main a[rel=tag]"));
        Assert.Equal($"/post/{_slug}", home.Links("main h2 a")[0]);
    }

    [Fact]
    public async Task Post_without_a_title_is_rejected_and_keeps_its_text()
    {
        using var form = await _author.OpenAsync("/author/posts/new");

        using var refusal = (await _author.PressAsync(form, "Save", ("body", "Much work."), ("slug", _slug))).WithStatus(HttpStatusCode.UnprocessableEntity);

        Assert.Equal("A title is required.", refusal.One("#title-error").TextContent);
        Assert.Equal(("Much work.", _slug), (refusal.One("#body").TextContent, refusal.One("#slug").GetAttribute("value")));
    }

    [Fact]
    public async Task Edit_is_public_at_once_and_can_be_reverted()
    {
        using var editor = await _author.PublishAsync(("title", "Edited"), ("slug", _slug), ("body", "The old line."));

        using var edited = await _author.EditAsync(editor, ("body", "The new line."));
        using var newPost = await _reader.OpenAsync($"/post/{_slug}");
        using var revisions = await _author.OpenAsync(edited.Links("main form a").Single(link => link.EndsWith("/revisions", StringComparison.Ordinal)));
        using var restored = (await _author.PressAsync(revisions, "Restore revision 1")).WithStatus(HttpStatusCode.OK);
        using var oldPost = await _reader.OpenAsync($"/post/{_slug}");

        Assert.Equal(["2", "1"], revisions.All("tbody td:nth-child(3)"));
        Assert.Equal(["- The old line.", "+ The new line."], revisions.All("del, ins"));
        Assert.Equal("Revision 1 was restored as revision 3.", restored.One("[role=status]").TextContent.Trim());
        Assert.Equal(("The new line.", "The old line."), (newPost.One(".prose").TextContent.Trim(), oldPost.One(".prose").TextContent.Trim()));
    }

    [Fact]
    public async Task Edit_conflict_shows_both_versions_and_loses_neither()
    {
        using var editor = await _author.PublishAsync(("title", "Shared"), ("slug", _slug), ("body", "The first line."));
        using var colleague = await SignInColleagueAsync("colleague");
        using var editorOfColleague = await colleague.OpenAsync(editor.Address.AbsolutePath);

        using var _ = await _author.EditAsync(editor, ("body", "The author's line."));
        using var conflict = (await colleague.PressAsync(editorOfColleague, "Save", ("body", "The colleague's line."))).WithStatus(HttpStatusCode.Conflict);
        using var postMeanwhile = await _reader.OpenAsync($"/post/{_slug}");
        using var resolved = (await colleague.PressAsync(conflict, "Save my version")).WithStatus(HttpStatusCode.OK);
        using var post = await _reader.OpenAsync($"/post/{_slug}");

        Assert.StartsWith($"{_site.AuthorName} saved revision 2 while you were editing.", conflict.One("[role=alert] strong").TextContent, StringComparison.Ordinal);
        Assert.Equal(["- The author's line.", "+ The colleague's line."], conflict.All("[role=alert] del, [role=alert] ins"));
        Assert.Equal("The colleague's line.", conflict.One("#body").TextContent);
        Assert.Equal(("The author's line.", "The colleague's line."), (Body(postMeanwhile), Body(post)));

        static string Body(Page page) => page.One(".prose").TextContent.Trim().Replace('’', '\'');
    }

    [Fact]
    public async Task Deleted_post_can_be_restored()
    {
        var title = $"To and fro {_slug}";
        using var editor = await _author.PublishAsync(("title", title), ("slug", _slug), ("body", "Here again."));

        using var binned = await _author.PressOnDeskAsync("published", $"Move to bin: {title}");
        using var gone = await _reader.OpenAsync($"/post/{_slug}", HttpStatusCode.NotFound);
        using var takenBack = await _author.PressOnDeskAsync("bin", $"Restore: {title}");
        using var post = await _reader.OpenAsync($"/post/{_slug}");

        Assert.Equal(("The post was moved to the bin.", "The post was restored."), (binned.One("[role=status]").TextContent.Trim(), takenBack.One("[role=status]").TextContent.Trim()));
        Assert.Equal("Here again.", post.One(".prose").TextContent.Trim());
    }

    /// <summary>Adds an author with the blog's command line and signs in.</summary>
    private async Task<Author> SignInColleagueAsync(string beginning)
    {
        var (name, password) = (Unique.Name(beginning), Unique.Word());
        await ContainerEngine.RunAsync(
            "exec", await _site.ContainerOfAsync("siteblog"), "sh", "-c", "echo \"$1\" | boneyard-blog author add \"$0\"", name, password);
        return await Author.SignInAsync(_site, name, password);
    }
}
