using BoneYard.Tests.Infrastructure;

namespace BoneYard.Tests.EndToEnd;

/// <summary>The reachable addresses and the users of the containers.</summary>
[Collection(RunningSite.Name)]
public sealed class IsolationTests(SiteFixture fixture)
{
    private readonly Site _site = fixture.Site;

    [Theory]
    [InlineData("sitedb")]
    [InlineData("siteblog")]
    [InlineData("sitewww")]
    public async Task Ports_are_published_on_loopback_only(string resource)
    {
        var addresses = await ContainerEngine.ListAsync(
            "inspect", "--format", "{{range .NetworkSettings.Ports}}{{range .}}{{println .HostIp}}{{end}}{{end}}", await _site.ContainerOfAsync(resource));

        Assert.All(addresses, address => Assert.Equal("127.0.0.1", address));
        Assert.NotEmpty(addresses);
    }

    [Theory]
    [InlineData("sitedb")]
    [InlineData("siteblog")]
    [InlineData("sitewww")]
    public async Task No_container_runs_as_root(string resource)
    {
        var user = await ContainerEngine.RunAsync("exec", await _site.ContainerOfAsync(resource), "id", "-u");

        Assert.NotEqual("0", user);
    }

    [Fact]
    public async Task The_database_is_reachable_from_its_own_networks_only()
    {
        var container = await _site.ContainerOfAsync("sitedb");
        var networks = await ContainerEngine.ListAsync("inspect", "--format", "{{range $name, $_ := .NetworkSettings.Networks}}{{println $name}}{{end}}", container);
        var address = (await ContainerEngine.ListAsync("inspect", "--format", "{{range .NetworkSettings.Networks}}{{println .IPAddress}}{{end}}", container))[0];

        Assert.True(await ReachesAsync(networks[0], address));
        Assert.False(await ReachesAsync("bridge", address));
    }

    private static async Task<bool> ReachesAsync(string network, string address)
    {
        var answer = await ContainerEngine.RunAsync(
            "run", "--rm", "--network", network, "debian:trixie-slim",
            "bash", "-c", $"timeout 3 bash -c '</dev/tcp/{address}/5432' 2>/dev/null && echo reached || echo closed");
        return answer == "reached";
    }
}
