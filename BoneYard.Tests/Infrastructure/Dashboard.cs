using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace BoneYard.Tests.Infrastructure;

/// <summary>A span as the dashboard received it.</summary>
/// <param name="Parent">The id of the parent span; null for a root span.</param>
internal sealed record Span(string Trace, string Id, string? Parent, string Name);

/// <summary>The telemetry API of Aspire's dashboard.</summary>
internal sealed class Dashboard : IDisposable
{
    private readonly HttpClient _http;

    private Dashboard(HttpClient http) => _http = http;

    /// <param name="address">The login URL that the AppHost prints.</param>
    public static async Task<Dashboard> SignInAsync(Uri address)
    {
        var http = new HttpClient { BaseAddress = new(address, "/") };
        using var answer = await http.PostAsJsonAsync("api/telemetry/validateToken", new { token = address.Query["?t=".Length..] });
        http.DefaultRequestHeaders.Add("x-api-key", (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("apiKey").GetString());
        return new(http);
    }

    /// <summary>Waits until the spans of a service satisfy a condition.</summary>
    public async Task<IReadOnlyList<Span>> WaitForSpansAsync(string service, Func<IReadOnlyList<Span>, bool> condition)
    {
        Span[] spans = [];
        await WaitAsync($"api/telemetry/spans?resource={service}&limit=10000", $"spans of {service}", json => condition(spans = [.. SpansIn(json)]));
        return spans;
    }

    /// <summary>Waits until the dashboard has received these kinds of telemetry from a service.</summary>
    /// <param name="signals">By their names in the API: hasTraces, hasMetrics, hasLogs.</param>
    public Task WaitForSignalsAsync(string service, params string[] signals) =>
        WaitAsync("api/telemetry/resources", string.Join(", ", signals), json => json.AsArray().Any(resource => $"{resource!["name"]}" == service && signals.All(signal => resource[signal]!.GetValue<bool>())));

    public void Dispose() => _http.Dispose();

    private async Task WaitAsync(string path, string subject, Func<JsonNode, bool> condition)
    {
        var text = "";

        try
        {
            await Poll.UntilAsync(subject, async cancellationToken =>
            {
                using var response = await _http.GetAsync(path, cancellationToken);
                text = await response.Content.ReadAsStringAsync(cancellationToken);
                // A service that has sent nothing yet is not found.
                return response.StatusCode is HttpStatusCode.OK && condition(JsonNode.Parse(text)!);
            });
        }
        catch (TimeoutException timeout)
        {
            throw new TimeoutException($"{timeout.Message} The last answer of the dashboard to {path}: {text[..Math.Min(text.Length, 2000)]}", timeout);
        }
    }

    private static IEnumerable<Span> SpansIn(JsonNode json) =>
        from resource in json["data"]?["resourceSpans"]?.AsArray() ?? []
        from scope in resource["scopeSpans"]?.AsArray() ?? []
        from span in scope["spans"]?.AsArray() ?? []
        select new Span($"{span["traceId"]}", $"{span["spanId"]}", span["parentSpanId"]?.GetValue<string>(), $"{span["name"]}");
}
