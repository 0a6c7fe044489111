using BoneYard.Tests.Infrastructure;

namespace BoneYard.Tests.EndToEnd;

/// <summary>The pages as Chromium shows them, at the width of a desktop and of a phone, without scripts.</summary>
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
    public async Task A_page_fits_its_window_and_loads_without_a_complaint(string page, int width)
    {
        await using var window = await browser.OpenWindowAsync(width);

        await OpenAsync(window, page);
        await window.KeepScreenshotAsync(page);

        Assert.Equal(width, await window.SeeAsync<int>("Math.max(document.documentElement.scrollWidth, window.innerWidth)"));
        Assert.Empty(window.Complaints);
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task The_first_tab_skips_to_the_text_and_every_landmark_is_there(string page)
    {
        await using var window = await browser.OpenWindowAsync(Desktop);
        await OpenAsync(window, page);

        await window.PressKeyAsync("Tab");
        var focused = await window.SeeAsync<string>("document.activeElement.textContent");
        var isVisible = await window.SeeAsync<bool>("document.activeElement.getBoundingClientRect().top >= 0");
        await window.PressKeyAsync("Enter");

        Assert.Equal(("Skip to main content", true), (focused, isVisible));
        Assert.Equal("main", await window.SeeAsync<string>("document.activeElement.id"));
        Assert.Equal("1 1 1", await window.SeeAsync<string>("['body > header', 'main', 'body > footer'].map(landmark => document.querySelectorAll(landmark).length).join(' ')"));
        Assert.Equal(1, await window.SeeAsync<int>("document.querySelectorAll('header nav[aria-label]').length"));
        Assert.Equal(1, await window.SeeAsync<int>("document.querySelectorAll('h1').length"));
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task A_page_is_light_or_dark_as_the_visitor_likes_it(string page)
    {
        const string brightness = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).reduce((sum, part) => sum + +part, 0)";
        await using var window = await browser.OpenWindowAsync(Phone);
        await OpenAsync(window, page);

        await window.PreferAsync("light");
        var light = await window.SeeAsync<int>(brightness);
        await window.PreferAsync("dark");
        var dark = await window.SeeAsync<int>(brightness);
        await window.KeepScreenshotAsync($"{page}-dark");

        Assert.True(light > 600 && dark < 150, $"{window.Path} has a background of {light} of 765 in light and of {dark} in dark");
    }

    [Theory]
    [InlineData(Desktop)]
    [InlineData(Phone)]
    public async Task An_author_signs_in_and_publishes_a_post_by_typing_and_clicking(int width)
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
        var preview = await window.SeeAsync<string>("document.querySelector('article .prose').innerText");
        await window.KeepScreenshotAsync("preview");
        await window.ClickAsync("button[name=save]");
        await window.ClickAsync($"main a[href='/post/{slug}']");

        Assert.Equal("Letter by letter.", preview);
        Assert.Equal(
            ($"/post/{slug}", "Typed by hand", "by"),
            (window.Path, await window.SeeAsync<string>("document.querySelector('h1').innerText"), await window.SeeAsync<string>("document.querySelector('.prose em').innerText")));
        Assert.Empty(window.Complaints);
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
            // Of the posts that every new site has, the one with long lines of code, and its words.
            "post" => "/post/the-first-address-is-taken",
            "search" => "/search?q=address",
            "desk" => "/author/",
            "editor" => "/author/posts/1",
            "images" => "/author/media",
            _ => $"/{page}",
        });
    }
}
