using BoneYard.Tests.Infrastructure;

namespace BoneYard.Tests.EndToEnd;

public sealed class ShutdownTests
{
    [Fact]
    public async Task Dispose_removes_containers_and_networks()
    {
        var site = await Site.StartAsync();
        string[] containers = await Task.WhenAll(new[] { "sitedb", "siteblog", "sitewww" }.Select(site.ContainerOfAsync));
        var networks = await ContainerEngine.ListAsync(
            "inspect", "--format", "{{range .NetworkSettings.Networks}}{{println .NetworkID}}{{end}}", containers[0]);

        await site.DisposeAsync();

        Assert.Empty((await ContainerEngine.ListAsync("ps", "--all", "--no-trunc", "--format", "{{.ID}}")).Intersect(containers));
        Assert.Empty((await ContainerEngine.ListAsync("network", "ls", "--no-trunc", "--format", "{{.ID}}")).Intersect(networks));
    }

    [Fact]
    public async Task Ctrl_C_exits_with_code_0_and_removes_everything()
    {
        await using var own = new IsolatedResources();
        await using var host = AppHostProcess.StartWith(own);
        await host.SiteAsync();

        await host.StopAsync("INT");

        Assert.Empty(await own.LeftAsync());
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task Signal_during_the_start_exits_with_code_0_and_removes_everything(string signal)
    {
        await using var own = new IsolatedResources();
        await using var host = AppHostProcess.StartWith(own);

        await Poll.UntilAsync("the first container or network", async _ => await own.LeftAsync() is not []);

        await host.StopAsync(signal);

        Assert.Empty(await own.LeftAsync());
    }
}
