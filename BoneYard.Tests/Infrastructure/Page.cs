using System.Net;
using System.Net.Http.Headers;
using AngleSharp;
using AngleSharp.Dom;

namespace BoneYard.Tests.Infrastructure;

/// <summary>What a visitor got, as a browser understands it.</summary>
internal sealed record Page(Uri Address, HttpStatusCode Status, HttpResponseHeaders Headers, IDocument Html) : IDisposable
{
    public static async Task<Page> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var address = response.RequestMessage!.RequestUri!;
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        var html = await BrowsingContext.New().OpenAsync(content => content.Address(address.AbsoluteUri).Content(text), cancellationToken);
        return new(address, response.StatusCode, response.Headers, html);
    }

    /// <summary>What stands in the text of the page's main part.</summary>
    public string Main => One("main").TextContent;

    public IElement One(string selector) => Html.QuerySelectorAll(selector) switch
    {
        [var element] => element,
        var elements => throw Surprise($"has {elements.Length} of '{selector}', not one"),
    };

    /// <summary>The texts of all these elements, trimmed.</summary>
    public string[] All(string selector) => [.. Html.QuerySelectorAll(selector).Select(element => element.TextContent.Trim())];

    /// <summary>Where the links among these elements lead to.</summary>
    public string[] Links(string selector) => [.. Html.QuerySelectorAll(selector).Select(link => link.GetAttribute("href") ?? throw Surprise($"has '{selector}' without href"))];

    public Page WithStatus(HttpStatusCode status) => Status == status ? this : throw Surprise($"answered {(int)Status}, not {(int)status}");

    public void Dispose() => Html.Dispose();

    public Exception Surprise(string what) => new Xunit.Sdk.XunitException($"{Address} {what}. It says: {Excerpt}");

    private string Excerpt
    {
        get
        {
            var text = string.Join(' ', (Html.Body?.TextContent ?? "").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
            return text.Length > 600 ? text[..600] + "…" : text;
        }
    }
}
