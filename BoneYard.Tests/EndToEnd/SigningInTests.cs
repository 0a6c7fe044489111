using System.Net;
using BoneYard.Tests.Infrastructure;

namespace BoneYard.Tests.EndToEnd;

/// <summary>Sign-in, sign-out and their protection.</summary>
[Collection(RunningSite.Name)]
public sealed class SigningInTests(SiteFixture fixture) : IDisposable
{
    private readonly Site _site = fixture.Site;
    private readonly Visitor _visitor = fixture.Site.Visit();

    public void Dispose() => _visitor.Dispose();

    [Fact]
    public async Task Sign_in_redirects_to_the_requested_page()
    {
        using var form = await _visitor.OpenAsync("/author/media");

        using var page = await _visitor.PressAsync(form, "Sign in", ("name", _site.AuthorName), ("password", _site.AuthorPassword));

        Assert.Equal(("/sign-in", "/author/media"), (form.Address.AbsolutePath, page.Address.AbsolutePath));
        Assert.Equal(["Images"], page.All("h1"));
    }

    [Fact]
    public async Task Session_cookie_is_HttpOnly_and_SameSite()
    {
        using var visitor = _site.Visit(followRedirects: false);
        using var form = await visitor.OpenAsync("/sign-in");

        using var answer = (await visitor.PressAsync(form, "Sign in", ("name", _site.AuthorName), ("password", _site.AuthorPassword))).WithStatus(HttpStatusCode.SeeOther);
        var cookie = answer.Headers.GetValues("Set-Cookie").Single(cookie => cookie.StartsWith("boneyard_session=", StringComparison.Ordinal));

        Assert.Contains("; HttpOnly", cookie, StringComparison.Ordinal);
        Assert.Contains("; SameSite=Lax", cookie, StringComparison.Ordinal);
        // Browsers drop secure cookies over plain HTTP. CachingTests checks HTTPS.
        Assert.DoesNotContain("secure", cookie, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Wrong_password_is_rejected_and_not_echoed()
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
    public async Task Repeated_failures_are_throttled()
    {
        var unknown = Unique.Name("unknown");
        using var form = await _visitor.OpenAsync("/sign-in");
        var answers = new List<Page>();

        // Each failure doubles the delay, so that an attempt comes too early even on a slow machine.
        while (answers.Count < 12 && answers.LastOrDefault()?.Status is not HttpStatusCode.TooManyRequests)
        {
            answers.Add(await _visitor.PressAsync(form, "Sign in", ("name", unknown), ("password", "a guess")));
        }

        Assert.Equal((HttpStatusCode.UnprocessableEntity, HttpStatusCode.TooManyRequests), (answers[0].Status, answers[^1].Status));
        Assert.True(answers[^1].Headers.RetryAfter?.Delta > TimeSpan.Zero);
    }

    [Fact]
    public async Task Form_with_a_wrong_CSRF_token_is_rejected()
    {
        using var form = await _visitor.OpenAsync("/sign-in");

        using var refusal = await _visitor.PressAsync(form, "Sign in", ("name", _site.AuthorName), ("password", _site.AuthorPassword), ("csrf_token", "forged"));

        Assert.Equal(HttpStatusCode.BadRequest, refusal.Status);
    }

    [Fact]
    public async Task Sign_out_ends_the_session()
    {
        using var author = await Author.SignInAsync(_site);

        using var home = await author.PressOnDeskAsync("all", "Sign out");
        using var desk = await author.OpenAsync("/author/");

        Assert.Equal(("/", "/sign-in"), (home.Address.AbsolutePath, desk.Address.AbsolutePath));
    }
}
