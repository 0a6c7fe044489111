using BoneYard.Telemetry;
using BoneYard.Tests.Infrastructure;

namespace BoneYard.Tests.EndToEnd;

[Collection(RunningAppHost.Name)]
public sealed class TelemetryTests(AppHostFixture host)
{
    [Fact]
    public async Task The_dashboard_shows_the_start_as_a_trace()
    {
        var spans = await host.Dashboard.WaitForSpansAsync(StartTrace.ServiceName, spans => spans.Count > 0);

        Assert.Superset(
            new HashSet<string> { "start", "AppHost", "sitenet", "sitedb", "siteblog", "sitewww", "Starting", StartTimeline.BecomingHealthy },
            spans.Select(span => span.Name).ToHashSet());
    }

    [Fact]
    public async Task A_request_through_nginx_continues_the_trace_of_the_client_and_includes_its_sql()
    {
        var (trace, client) = (Guid.NewGuid().ToString("N"), "00f067aa0ba902b7");
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(host.Site, "/archive")) { Headers = { { "traceparent", $"00-{trace}-{client}-01" } } };

        using var page = await http.SendAsync(request, TestContext.Current.CancellationToken);
        var spans = await host.Dashboard.WaitForSpansAsync("siteblog", spans => spans.Any(span => span.Trace == trace && span.Name == "GET /archive"));

        var server = Assert.Single(spans, span => span.Trace == trace && span.Name == "GET /archive");
        Assert.Equal(client, server.Parent);
        Assert.Contains(spans, span => span.Name == "WITH blog" && span.Parent == server.Id);
    }

    [Fact]
    public async Task The_dashboard_has_traces_metrics_and_logs_of_the_blog_from_its_first_request_on()
    {
        await host.Dashboard.WaitForSignalsAsync("siteblog", "hasTraces", "hasMetrics", "hasLogs");

        await host.Dashboard.WaitForSpansAsync("siteblog", spans => spans.Any(span => span.Name == AppHostFixture.FirstRequest));
    }
}
