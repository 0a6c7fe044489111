using BoneYard.Tests.Infrastructure;

namespace BoneYard.Tests.EndToEnd;

public sealed class TelemetryTests
{
    [Fact]
    public async Task A_request_through_Nginx_is_a_part_of_the_visitors_trace_and_its_SQL_is_a_part_of_the_request()
    {
        var (trace, visit) = (Guid.NewGuid().ToString("N"), "00f067aa0ba902b7");
        await using var site = await Site.StartAsync(Collector.Announce);
        await using var collector = await Collector.StartAsync(site);

        using var page = await site.SendAsync(new(HttpMethod.Get, "/archive") { Headers = { { "traceparent", $"00-{trace}-{visit}-01" } } });
        var spans = await collector.WaitForTraceAsync(trace, spans => spans.Any(span => span.Kind == "SPAN_KIND_SERVER"));

        var request = Assert.Single(spans, span => span.Kind == "SPAN_KIND_SERVER");
        Assert.Equal(("siteblog", visit, "GET /archive"), (request.Service, request.Parent, request.Name));
        Assert.Contains(spans, span => span is { Kind: "SPAN_KIND_CLIENT", Name: "WITH blog" } && span.Parent == request.Id);
    }
}
