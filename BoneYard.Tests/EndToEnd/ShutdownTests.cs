using BoneYard.Tests.Infrastructure;

namespace BoneYard.Tests.EndToEnd;

public sealed class ShutdownTests
{
    [Fact]
    public async Task Nothing_is_left_behind()
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
    public async Task Who_stops_a_start_half_way_gets_a_good_end_and_nothing_stays()
    {
        await using var own = new OwnResources();
        await using var host = AppHostProcess.Start([.. own.Arguments, "--tls=off", $"--http-port={AppHostProcess.FreePort()}"]);

        while (!(await NetworksAsync()).Contains(own.Network))
        {
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        await host.StopAsync();

        Assert.Equal(0, host.ExitCode);
        Assert.DoesNotContain(own.Network, await NetworksAsync());
    }

    private static Task<string[]> NetworksAsync() => ContainerEngine.ListAsync("network", "ls", "--format", "{{.Name}}");
}
