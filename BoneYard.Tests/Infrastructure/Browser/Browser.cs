using PuppeteerSharp;

namespace BoneYard.Tests.Infrastructure;

/// <summary>Headless Chromium in a container on the network of the shared site.</summary>
public sealed class Browser(SiteFixture fixture) : IAsyncLifetime
{
    private const string Image = "boneyard-test-browser";

    /// <summary>The site as the browser sees it: localhost is a secure context without HTTPS, and resolves to Nginx.</summary>
    private static readonly Uri s_site = new("http://localhost:8080");

    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(1);

    private readonly string _container = Unique.Name(Image);
    private IBrowser? _chromium;

    internal Site Site { get; } = fixture.Site;

    public async ValueTask InitializeAsync()
    {
        await ContainerEngine.RunAsync("build", "--quiet", "--tag", Image, Repository.PathOf("BoneYard.Tests", "Infrastructure", "Browser"));
        await ContainerEngine.RunAsync(
            "run", "--detach", "--name", _container, "--network", Site.Network, "--publish", "127.0.0.1::9222",
            Image, $"--host-resolver-rules=MAP {s_site.Authority} sitewww.sitenet:8080");
        var published = await ContainerEngine.RunAsync("port", _container, "9222");
        _chromium = await ConnectAsync($"http://{published}");
    }

    public async ValueTask DisposeAsync()
    {
        _chromium?.Disconnect();
        await ContainerEngine.RunAsync("rm", "--force", _container);
    }

    /// <summary>Opens a window with its own cookies and without scripts.</summary>
    /// <param name="width">CSS pixels; below 600 it emulates a phone.</param>
    internal async Task<Window> OpenWindowAsync(int width)
    {
        var context = await _chromium!.CreateBrowserContextAsync();
        var page = await context.NewPageAsync();
        page.DefaultTimeout = (int)Timeout.TotalMilliseconds;
        var isPhone = width < 600;
        await page.SetViewportAsync(new() { Width = width, Height = isPhone ? 844 : 900, IsMobile = isPhone, HasTouch = isPhone, DeviceScaleFactor = isPhone ? 2 : 1 });
        await page.SetJavaScriptEnabledAsync(false);
        return new(context, page, s_site, width);
    }

    private async Task<IBrowser> ConnectAsync(string url)
    {
        using var timeout = new CancellationTokenSource(Timeout);

        while (true)
        {
            try
            {
                // Chromium does not listen at once.
                return await Puppeteer.ConnectAsync(new() { BrowserURL = url, DefaultViewport = null });
            }
            catch (ProcessException) when (!timeout.IsCancellationRequested)
            {
                await Task.Delay(100, CancellationToken.None);
            }
        }
    }
}
