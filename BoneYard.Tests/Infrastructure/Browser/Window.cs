using System.Collections.Concurrent;
using PuppeteerSharp;
using PuppeteerSharp.Media;

namespace BoneYard.Tests.Infrastructure;

/// <summary>A browser window: user actions, and the errors that the browser reports.</summary>
internal sealed class Window : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly IPage _page;
    private readonly Uri _site;
    private readonly int _width;
    private readonly ConcurrentQueue<string> _errors = [];

    public Window(IBrowserContext context, IPage page, Uri site, int width)
    {
        (_context, _page, _site, _width) = (context, page, site, width);
        page.Console += (_, console) => AddIf(console.Message.Type is ConsoleType.Error or ConsoleType.Warning, $"{console.Message.Type}: {console.Message.Text}");
        page.PageError += (_, error) => AddIf(true, $"error: {error.Message}");
        page.RequestFailed += (_, failed) => AddIf(true, $"{failed.Request.Url} failed: {failed.Request.FailureText}");
        page.Response += (_, answer) => AddIf((int)answer.Response.Status >= 400, $"{answer.Response.Url} answered {(int)answer.Response.Status}");
        // Chromium's icons are data URLs.
        page.Request += (_, asked) => AddIf(new Uri(asked.Request.Url) is { Scheme: not "data" } url && url.Authority != site.Authority, $"{asked.Request.Url} is on another host");
    }

    /// <summary>Console errors, failed requests and requests to other hosts.</summary>
    public IEnumerable<string> Errors => _errors;

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

    /// <summary>Clicks and waits for the next page.</summary>
    public async Task ClickAsync(string selector)
    {
        var arrival = _page.WaitForNavigationAsync(new() { WaitUntil = [WaitUntilNavigation.Load] });
        await _page.ClickAsync(selector);
        await arrival;
    }

    /// <param name="scheme">light or dark.</param>
    public Task SetColorSchemeAsync(string scheme) => _page.EmulateMediaFeaturesAsync([new() { MediaFeature = MediaFeature.PrefersColorScheme, Value = scheme }]);

    /// <summary>Evaluates a JavaScript expression, also when the page runs no scripts.</summary>
    public Task<T> EvaluateAsync<T>(string expression) => _page.EvaluateExpressionAsync<T>(expression);

    /// <summary>Saves a picture of the whole page in TestResults/screenshots.</summary>
    public async Task SaveScreenshotAsync(string name)
    {
        var folder = Directory.CreateDirectory(Repository.PathOf("TestResults", "screenshots"));
        await _page.ScreenshotAsync(System.IO.Path.Combine(folder.FullName, $"{name}-{_width}.png"), new() { FullPage = true });
    }

    public async ValueTask DisposeAsync() => await _context.CloseAsync();

    private void AddIf(bool isError, string text)
    {
        if (isError)
        {
            _errors.Enqueue(text);
        }
    }
}
