using System.Net;
using System.Security.Cryptography.X509Certificates;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;

namespace BoneYard.Tests.Infrastructure;

/// <summary>A browser without scripts: keeps cookies, follows links and submits forms.</summary>
internal class Visitor : IDisposable
{
    private readonly HttpClient _http;

    /// <param name="address">Base URL of the site.</param>
    /// <param name="trusted">Root certificate to trust for HTTPS.</param>
    /// <param name="followRedirects">false returns redirects.</param>
    public Visitor(Uri address, X509Certificate2? trusted = null, bool followRedirects = true)
    {
        var handler = new SocketsHttpHandler { AllowAutoRedirect = followRedirects };

        if (trusted is not null)
        {
            handler.SslOptions = Trust.Only(trusted);
        }

        _http = new(handler) { BaseAddress = address };
    }

    protected static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request) => _http.SendAsync(request, Cancelled);

    public async Task<Page> OpenAsync(string path, HttpStatusCode status = HttpStatusCode.OK)
    {
        using var response = await _http.GetAsync(path, Cancelled);
        return (await Page.ReadAsync(response, Cancelled)).WithStatus(status);
    }

    /// <summary>Retries until the page is available.</summary>
    public async Task<Page> OpenOnceBackAsync(string path)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromMinutes(3));

        while (true)
        {
            try
            {
                return await OpenAsync(path);
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException or Xunit.Sdk.XunitException)
            {
                await Task.Delay(100, timeout.Token);
            }
        }
    }

    /// <summary>Fills in the form of a button and presses it.</summary>
    /// <param name="button">Label of the button: its aria-label, or its text.</param>
    /// <param name="fields">Values of fields; others keep theirs.</param>
    public async Task<Page> PressAsync(Page page, string button, params (string Name, string Value)[] fields)
    {
        var pressed = page.Html.QuerySelectorAll<IHtmlButtonElement>("button").SingleOrDefault(one => (one.GetAttribute("aria-label") ?? one.TextContent) == button)
            ?? throw page.Unexpected($"has no button '{button}'");
        var form = pressed.Form!;
        // The blog must reject what a browser would not send.
        form.NoValidate = true;

        foreach (var (name, value) in fields)
        {
            Fill(page, form, name, value);
        }

        var submission = form.GetSubmission(pressed)!;
        return submission.Method is AngleSharp.Io.HttpMethod.Post
            ? await PostAsync(page, submission.Target.Href, new StreamContent(submission.Body) { Headers = { ContentType = new(submission.MimeType!) } })
            : await OpenAsync(submission.Target.Href);
    }

    /// <summary>Sends a form with the Origin header of a browser.</summary>
    protected async Task<Page> PostAsync(Page form, string address, HttpContent content)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = content, Headers = { { "Origin", form.Address.GetLeftPart(UriPartial.Authority) } } };
        using var response = await SendAsync(request);
        return await Page.ReadAsync(response, Cancelled);
    }

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        _http.Dispose();
    }

    private static void Fill(Page page, IHtmlFormElement form, string name, string value)
    {
        switch (form.Elements[name])
        {
            case IHtmlInputElement input:
                input.Value = value;
                break;
            case IHtmlTextAreaElement text:
                text.Value = value;
                break;
            case IHtmlSelectElement select:
                select.Value = value;
                break;
            default:
                throw page.Unexpected($"has no field '{name}' in this form");
        }
    }
}
