using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using BoneYard.Telemetry;
using BoneYard.Tests.Infrastructure;

namespace BoneYard.Tests.EndToEnd;

/// <summary>The dashboard as it is found from the terminal.</summary>
public sealed class DashboardTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly IsolatedResources _own = new();
    private readonly HttpClient _browser = new();
    private readonly AppHostProcess _host;

    public DashboardTests() => _host = AppHostProcess.StartWith(_own);

    public async ValueTask InitializeAsync() => await _host.WaitUntilUpAsync();

    public async ValueTask DisposeAsync()
    {
        _browser.Dispose();
        await _host.DisposeAsync();
        await _own.DisposeAsync();
    }

    [Fact]
    public async Task Its_address_at_the_terminal_opens_it_and_the_start_is_a_trace_in_it()
    {
        var address = await _host.DashboardAsync();

        using var page = await _browser.GetAsync(address, TestContext.Current.CancellationToken);
        var spans = await WaitForSpansAsync(address, StartTrace.ServiceName);

        Assert.Equal((HttpStatusCode.OK, "/"), (page.StatusCode, page.RequestMessage!.RequestUri!.AbsolutePath));
        Assert.Subset(spans.ToHashSet(), new HashSet<string> { "start", "AppHost", "sitenet", "sitedb", "siteblog", "sitewww", "Building", StartTimeline.BecomingHealthy });
    }

    /// <summary>By the dashboard's own interface for programs, which is opened with the token of the address.</summary>
    private async Task<string[]> WaitForSpansAsync(Uri address, string service)
    {
        using var answer = await _browser.PostAsJsonAsync(new Uri(address, "/api/telemetry/validateToken"), new { token = address.Query["?t=".Length..] }, TestContext.Current.CancellationToken);
        _browser.DefaultRequestHeaders.Add("x-api-key", (await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("apiKey").GetString());
        using var patience = new CancellationTokenSource(Patience);

        while (true)
        {
            using var traces = await _browser.GetAsync(new Uri(address, $"/api/telemetry/spans?resource={service}"), patience.Token);

            // Not found is a service that has sent nothing yet.
            if (traces.StatusCode is HttpStatusCode.OK && NamesIn(JsonNode.Parse(await traces.Content.ReadAsStringAsync(patience.Token))) is { Length: > 0 } names)
            {
                return names;
            }

            await Task.Delay(100, patience.Token);
        }
    }

    /// <summary>OTLP as JSON: resources have scopes, which have spans.</summary>
    private static string[] NamesIn(JsonNode? node) =>
    [
        .. from resource in node?["data"]?["resourceSpans"]?.AsArray() ?? []
           from scope in resource?["scopeSpans"]?.AsArray() ?? []
           from span in scope?["spans"]?.AsArray() ?? []
           select $"{span?["name"]}",
    ];
}
