using System.Net;
using System.Net.Http.Headers;
using AngleSharp;
using AngleSharp.Dom;

namespace BoneYard.Tests.Infrastructure;

/// <summary>A response, parsed as HTML.</summary>
internal sealed record Page(Uri Address, HttpStatusCode Status, HttpResponseHeaders Headers, IDocument Html) : IDisposable
{
    public static async Task<Page> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var address = response.RequestMessage!.RequestUri!;
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        var html = await BrowsingContext.New().OpenAsync(content => content.Address(address.AbsoluteUri).Content(text), cancellationToken);
        return new(address, response.StatusCode, response.Headers, html);
    }

    /// <summary>Text of the main element.</summary>
    public string Main => One("main").TextContent;

    public IElement One(string selector) => Html.QuerySelectorAll(selector) switch
    {
        [var element] => element,
        var elements => throw Unexpected($"has {elements.Length} of '{selector}', not one"),
    };

    /// <summary>Texts of all matching elements, trimmed.</summary>
    public string[] All(string selector) => [.. Html.QuerySelectorAll(selector).Select(element => element.TextContent.Trim())];

    /// <summary>Targets of all matching links.</summary>
    public string[] Links(string selector) => [.. Html.QuerySelectorAll(selector).Select(link => link.GetAttribute("href") ?? throw Unexpected($"has '{selector}' without href"))];

    public Page WithStatus(HttpStatusCode status) => Status == status ? this : throw Unexpected($"answered {(int)Status}, not {(int)status}");

    public void Dispose() => Html.Dispose();

    public Exception Unexpected(string what) => new Xunit.Sdk.XunitException($"{Address} {what}. Its text: {Excerpt}");

    private string Excerpt
    {
        get
        {
            var text = string.Join(' ', (Html.Body?.TextContent ?? "").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
            return text.Length > 600 ? text[..600] + "…" : text;
        }
    }
}
