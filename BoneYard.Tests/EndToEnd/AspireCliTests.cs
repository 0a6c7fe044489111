using BoneYard.Tests.Infrastructure;

namespace BoneYard.Tests.EndToEnd;

/// <summary>The commands of the Aspire CLI that the README shows, against a running AppHost.</summary>
[Collection(RunningAppHost.Name)]
public sealed class AspireCliTests(AppHostFixture host)
{
    [Fact]
    public async Task Ps_lists_the_AppHost() =>
        Assert.Contains("BoneYard.AppHost", await AspireCli.RunAsync("ps"), StringComparison.Ordinal);

    [Fact]
    public async Task Describe_lists_the_resources()
    {
        var output = await AspireCli.RunOnAppHostAsync("describe");

        Assert.All(["sitenet", "sitedb", "siteblog", "sitewww", "blog"], name => Assert.Contains(name, output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Logs_shows_the_log_of_a_container()
    {
        // A path of its own: another test restarts the container, whose log then begins again.
        var path = $"/archive?{Unique.Name("logged")}";
        using var http = new HttpClient();
        await http.GetStringAsync(new Uri(host.Site, path), TestContext.Current.CancellationToken);

        await Poll.UntilAsync($"{path} in the log", async _ => (await AspireCli.RunOnAppHostAsync("logs", "siteblog")).Contains(path, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Otel_traces_shows_requests_of_the_blog()
    {
        await host.Dashboard.WaitForSpansAsync("siteblog", spans => spans.Any(span => span.Name == AppHostFixture.FirstRequest));

        Assert.Contains(AppHostFixture.FirstRequest, await AspireCli.RunOnAppHostAsync("otel", "traces", "siteblog"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_command_inspect_lists_the_containers_on_the_network()
    {
        var output = await AspireCli.RunOnAppHostAsync("resource", "sitenet", "inspect");

        Assert.All([host.Own.Network, "sitedb", "siteblog", "sitewww"], name => Assert.Contains(name, output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_command_restart_restarts_a_container()
    {
        await AspireCli.RunOnAppHostAsync("resource", "siteblog", "restart");

        await AspireCli.RunOnAppHostAsync("wait", "siteblog");
        using var http = new HttpClient();
        using var page = await http.GetAsync(new Uri(host.Site, "/search?q=restarted"), TestContext.Current.CancellationToken);
        Assert.Equal(System.Net.HttpStatusCode.OK, page.StatusCode);
    }
}
