using System.Net;
using System.Text;
using BoneYard.Telemetry;
using BoneYard.Tests.Infrastructure;
using Microsoft.Extensions.Configuration;

namespace BoneYard.Tests.Model;

public sealed class StartTraceTests
{
    private static readonly StartPhase[] s_phases =
    [
        new("sitenet", "Starting", At(1), At(2)),
        new("sitedb", "Building", At(2), At(4)),
        new("sitedb", StartTimeline.BecomingHealthy, At(4), At(5)),
    ];

    [Fact]
    public async Task The_trace_arrives_at_the_dashboard_with_its_key_and_all_phases()
    {
        using var dashboard = new HttpListener();
        var url = $"http://localhost:{AppHostProcess.FreePort()}";
        dashboard.Prefixes.Add($"{url}/");
        dashboard.Start();
        var received = ReceiveTraceAsync(dashboard);
        var settings = Settings(("ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL", url), ("AppHost:OtlpApiKey", "the-key"));

        await StartTrace.SendAsync(Assert.IsType<IReadOnlyDictionary<string, string?>>(settings, exactMatch: false), At(0), s_phases, TestContext.Current.CancellationToken);

        var (key, content) = await received.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        Assert.Equal("the-key", key);
        Assert.All([StartTrace.ServiceName, "start", "AppHost", "sitenet", "sitedb", "Building", StartTimeline.BecomingHealthy], name => Assert.Contains(name, content, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_dashboard_that_does_not_answer_does_no_harm()
    {
        var settings = Settings(("ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL", $"http://localhost:{AppHostProcess.FreePort()}"));

        await StartTrace.SendAsync(settings!, At(0), s_phases, TestContext.Current.CancellationToken);
    }

    [Fact]
    public void With_gRPC_alone_gRPC_is_spoken()
    {
        var settings = Settings(("ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL", "http://localhost:19888"));

        Assert.Equal(("http://localhost:19888", "grpc"), (settings!["OTEL_EXPORTER_OTLP_ENDPOINT"], settings["OTEL_EXPORTER_OTLP_PROTOCOL"]));
    }

    [Fact]
    public void Without_a_dashboard_there_is_nowhere_to_send_it()
    {
        Assert.Null(Settings());
    }

    private static async Task<(string? Key, string Content)> ReceiveTraceAsync(HttpListener dashboard)
    {
        while (true)
        {
            var context = await dashboard.GetContextAsync();
            using var content = new MemoryStream();
            await context.Request.InputStream.CopyToAsync(content);
            context.Response.Close();

            if (context.Request.Url!.AbsolutePath == "/v1/traces")
            {
                return (context.Request.Headers["x-otlp-api-key"], Encoding.UTF8.GetString(content.ToArray()));
            }
        }
    }

    private static IReadOnlyDictionary<string, string?>? Settings(params (string Key, string Value)[] configuration) =>
        StartTrace.OtlpSettings(new ConfigurationBuilder().AddInMemoryCollection(configuration.ToDictionary(entry => entry.Key, entry => (string?)entry.Value)).Build());

    private static DateTimeOffset At(int seconds) => DateTimeOffset.UnixEpoch.AddSeconds(seconds);
}
