using System.Net;
using BoneYard.Tests.Infrastructure;

namespace BoneYard.Tests.EndToEnd;

/// <summary>Who becomes an author, and for how long.</summary>
[Collection(RunningSite.Name)]
public sealed class SigningInTests(SiteFixture fixture) : IDisposable
{
    private readonly Site _site = fixture.Site;
    private readonly Visitor _visitor = fixture.Site.Visit();

    public void Dispose() => _visitor.Dispose();

    [Fact]
    public async Task Name_and_password_lead_to_where_one_wanted_to_go()
    {
        using var form = await _visitor.OpenAsync("/author/media");

        using var page = await _visitor.PressAsync(form, "Sign in", ("name", _site.AuthorName), ("password", _site.AuthorPassword));

        Assert.Equal(("/sign-in", "/author/media"), (form.Address.AbsolutePath, page.Address.AbsolutePath));
        Assert.Equal(["Images"], page.All("h1"));
    }

    [Fact]
    public async Task The_session_cookie_is_closed_to_scripts_and_to_forms_of_other_sites()
    {
        using var visitor = _site.Visit(followRedirects: false);
        using var form = await visitor.OpenAsync("/sign-in");

        using var answer = (await visitor.PressAsync(form, "Sign in", ("name", _site.AuthorName), ("password", _site.AuthorPassword))).WithStatus(HttpStatusCode.SeeOther);
        var cookie = answer.Headers.GetValues("Set-Cookie").Single(cookie => cookie.StartsWith("boneyard_session=", StringComparison.Ordinal));

        Assert.Contains("; HttpOnly", cookie, StringComparison.Ordinal);
        Assert.Contains("; SameSite=Lax", cookie, StringComparison.Ordinal);
        // Over plain HTTP a browser would drop a cookie that is; over HTTPS it is (CachingTests).
        Assert.DoesNotContain("secure", cookie, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_wrong_password_is_refused_and_is_not_shown_again()
    {
        using var form = await _visitor.OpenAsync("/sign-in");

        using var refusal = await _visitor.PressAsync(form, "Sign in", ("name", _site.AuthorName), ("password", "not the password"));
        using var desk = await _visitor.OpenAsync("/author/");

        Assert.Equal(HttpStatusCode.UnprocessableEntity, refusal.Status);
        Assert.Equal("Wrong name or password.", refusal.One("[role=alert]").TextContent.Trim());
        Assert.Equal((_site.AuthorName, null), (refusal.One("#name").GetAttribute("value"), refusal.One("#password").GetAttribute("value")));
        Assert.Equal("/sign-in", desk.Address.AbsolutePath);
    }

    [Fact]
    public async Task Guessing_is_answered_with_a_wait()
    {
        var nobody = Unique.Name("nobody");
        using var form = await _visitor.OpenAsync("/sign-in");
        var answers = new List<Page>();

        // Each failure doubles the wait: on a machine however slow, one guess comes too early.
        while (answers.Count < 12 && answers.LastOrDefault()?.Status is not HttpStatusCode.TooManyRequests)
        {
            answers.Add(await _visitor.PressAsync(form, "Sign in", ("name", nobody), ("password", "a guess")));
        }

        Assert.Equal((HttpStatusCode.UnprocessableEntity, HttpStatusCode.TooManyRequests), (answers[0].Status, answers[^1].Status));
        Assert.True(answers[^1].Headers.RetryAfter?.Delta > TimeSpan.Zero);
    }

    [Fact]
    public async Task A_form_without_its_token_is_refused()
    {
        using var form = await _visitor.OpenAsync("/sign-in");

        using var refusal = await _visitor.PressAsync(form, "Sign in", ("name", _site.AuthorName), ("password", _site.AuthorPassword), ("csrf_token", "forged"));

        Assert.Equal(HttpStatusCode.BadRequest, refusal.Status);
    }

    [Fact]
    public async Task Who_signs_out_is_a_reader_again()
    {
        using var author = await Author.SignInAsync(_site);

        using var home = await author.PressOnDeskAsync("all", "Sign out");
        using var desk = await author.OpenAsync("/author/");

        Assert.Equal(("/", "/sign-in"), (home.Address.AbsolutePath, desk.Address.AbsolutePath));
    }
}
