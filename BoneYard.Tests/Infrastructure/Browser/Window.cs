using System.Collections.Concurrent;
using PuppeteerSharp;
using PuppeteerSharp.Media;

namespace BoneYard.Tests.Infrastructure;

/// <summary>One window of the browser: what a person does in it, and all that the browser complained of meanwhile.</summary>
internal sealed class Window : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly IPage _page;
    private readonly Uri _site;
    private readonly int _width;
    private readonly ConcurrentQueue<string> _complaints = [];

    public Window(IBrowserContext context, IPage page, Uri site, int width)
    {
        (_context, _page, _site, _width) = (context, page, site, width);
        page.Console += (_, said) => Note(said.Message.Type is ConsoleType.Error or ConsoleType.Warning, $"{said.Message.Type}: {said.Message.Text}");
        page.PageError += (_, error) => Note(true, $"error: {error.Message}");
        page.RequestFailed += (_, failed) => Note(true, $"{failed.Request.Url} failed: {failed.Request.FailureText}");
        page.Response += (_, answer) => Note((int)answer.Response.Status >= 400, $"{answer.Response.Url} answered {(int)answer.Response.Status}");
        // Chromium's own icons are data.
        page.Request += (_, asked) => Note(new Uri(asked.Request.Url) is { Scheme: not "data" } url && url.Authority != site.Authority, $"{asked.Request.Url} is of another host");
    }

    /// <summary>Errors on the console, requests that failed, and requests to other hosts.</summary>
    public IEnumerable<string> Complaints => _complaints;

    public string Path => new Uri(_page.Url).PathAndQuery;

    public async Task OpenAsync(string path)
    {
        var answer = await _page.GoToAsync(new Uri(_site, path).AbsoluteUri, WaitUntilNavigation.Load);
        Assert.True(answer.Ok, $"{answer.Url} answered {(int)answer.Status}");
    }

    public async Task SignInAsync(Site site)
    {
        await OpenAsync("/sign-in");
        await TypeAsync("#name", site.AuthorName);
        await TypeAsync("#password", site.AuthorPassword);
        await ClickAsync("main button");
    }

    public Task TypeAsync(string field, string text) => _page.TypeAsync(field, text);

    public Task ChooseAsync(string field, string value) => _page.SelectAsync(field, value);

    public Task PressKeyAsync(string key) => _page.Keyboard.PressAsync(key);

    /// <summary>Clicks what leads to another page, and waits for that.</summary>
    public async Task ClickAsync(string selector)
    {
        var arrival = _page.WaitForNavigationAsync(new() { WaitUntil = [WaitUntilNavigation.Load] });
        await _page.ClickAsync(selector);
        await arrival;
    }

    /// <param name="scheme">What the visitor prefers: light or dark.</param>
    public Task PreferAsync(string scheme) => _page.EmulateMediaFeaturesAsync([new() { MediaFeature = MediaFeature.PrefersColorScheme, Value = scheme }]);

    /// <summary>Asks for something that a person sees, as an expression of JavaScript.</summary>
    public Task<T> SeeAsync<T>(string expression) => _page.EvaluateExpressionAsync<T>(expression);

    /// <summary>Keeps a picture of the whole page in TestResults/screenshots.</summary>
    public async Task KeepScreenshotAsync(string name)
    {
        var folder = Directory.CreateDirectory(Repository.PathOf("TestResults", "screenshots"));
        await _page.ScreenshotAsync(System.IO.Path.Combine(folder.FullName, $"{name}-{_width}.png"), new() { FullPage = true });
    }

    public async ValueTask DisposeAsync() => await _context.CloseAsync();

    private void Note(bool isComplaint, string text)
    {
        if (isComplaint)
        {
            _complaints.Enqueue(text);
        }
    }
}
