using BoneYard.Tests.Infrastructure;

namespace BoneYard.Tests.EndToEnd;

/// <summary>Pages in Chromium without scripts, at the width of a desktop and a phone.</summary>
[Collection(RunningSite.Name)]
public sealed class BrowserTests(Browser browser) : IClassFixture<Browser>
{
    private const int Desktop = 1280;
    private const int Phone = 390;

    private readonly Site _site = browser.Site;

    public static MatrixTheoryData<string, int> PagesAndWidths { get; } = new(["home", "post", "search", "archive", "sign-in", "desk", "editor", "images"], [Desktop, Phone]);

    public static TheoryData<string> Pages { get; } = ["home", "post", "search", "archive", "sign-in", "desk", "editor", "images"];

    [Theory]
    [MemberData(nameof(PagesAndWidths))]
    public async Task Page_fits_its_window_and_loads_without_errors(string page, int width)
    {
        await using var window = await browser.OpenWindowAsync(width);

        await OpenAsync(window, page);
        await window.SaveScreenshotAsync(page);

        Assert.Equal(width, await window.EvaluateAsync<int>("Math.max(document.documentElement.scrollWidth, window.innerWidth)"));
        Assert.Empty(window.Errors);
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task Page_has_a_skip_link_and_landmarks(string page)
    {
        await using var window = await browser.OpenWindowAsync(Desktop);
        await OpenAsync(window, page);

        await window.PressKeyAsync("Tab");
        var focused = await window.EvaluateAsync<string>("document.activeElement.textContent");
        var isVisible = await window.EvaluateAsync<bool>("document.activeElement.getBoundingClientRect().top >= 0");
        await window.PressKeyAsync("Enter");

        Assert.Equal(("Skip to main content", true), (focused, isVisible));
        Assert.Equal("main", await window.EvaluateAsync<string>("document.activeElement.id"));
        Assert.Equal("1 1 1", await window.EvaluateAsync<string>("['body > header', 'main', 'body > footer'].map(landmark => document.querySelectorAll(landmark).length).join(' ')"));
        Assert.Equal(1, await window.EvaluateAsync<int>("document.querySelectorAll('header nav[aria-label]').length"));
        Assert.Equal(1, await window.EvaluateAsync<int>("document.querySelectorAll('h1').length"));
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task Page_follows_the_preferred_color_scheme(string page)
    {
        const string brightness = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).reduce((sum, part) => sum + +part, 0)";
        await using var window = await browser.OpenWindowAsync(Phone);
        await OpenAsync(window, page);

        await window.SetColorSchemeAsync("light");
        var light = await window.EvaluateAsync<int>(brightness);
        await window.SetColorSchemeAsync("dark");
        var dark = await window.EvaluateAsync<int>(brightness);
        await window.SaveScreenshotAsync($"{page}-dark");

        Assert.True(light > 600 && dark < 150, $"{window.Path} has a background of {light} of 765 in light and of {dark} in dark");
    }

    [Theory]
    [InlineData(Desktop)]
    [InlineData(Phone)]
    public async Task Author_can_publish_with_keyboard_and_mouse(int width)
    {
        var slug = Unique.Name("typed");
        await using var window = await browser.OpenWindowAsync(width);

        await window.SignInAsync(_site);
        await window.ClickAsync("main a[href='/author/posts/new']");
        await window.TypeAsync("#title", "Typed by hand");
        await window.TypeAsync("#body", "Letter *by* letter.");
        await window.TypeAsync("#tags", "typing");
        await window.TypeAsync("#slug", slug);
        await window.ChooseAsync("#state", "published");
        await window.ClickAsync("button[name=preview]");
        var preview = await window.EvaluateAsync<string>("document.querySelector('article .prose').innerText");
        await window.SaveScreenshotAsync("preview");
        await window.ClickAsync("button[name=save]");
        await window.ClickAsync($"main a[href='/post/{slug}']");

        Assert.Equal("Letter by letter.", preview);
        Assert.Equal(
            ($"/post/{slug}", "Typed by hand", "by"),
            (window.Path, await window.EvaluateAsync<string>("document.querySelector('h1').innerText"), await window.EvaluateAsync<string>("document.querySelector('.prose em').innerText")));
        Assert.Empty(window.Errors);
    }

    private async Task OpenAsync(Window window, string page)
    {
        if (page is "desk" or "editor" or "images")
        {
            await window.SignInAsync(_site);
        }

        await window.OpenAsync(page switch
        {
            "home" => "/",
            // One of the posts of a new site, with long lines of code.
            "post" => "/post/the-first-address-is-taken",
            "search" => "/search?q=address",
            "desk" => "/author/",
            "editor" => "/author/posts/1",
            "images" => "/author/media",
            _ => $"/{page}",
        });
    }
}
