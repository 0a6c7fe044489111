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
}
