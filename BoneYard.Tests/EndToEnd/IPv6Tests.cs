using BoneYard.Tests.Infrastructure;

namespace BoneYard.Tests.EndToEnd;

public sealed class IPv6Tests
{
    [Fact]
    public async Task A_site_on_an_IPv6_network_serves_pages_and_has_static_addresses()
    {
        await using var site = await Site.StartOnAsync(IsolatedResources.NewIPv6Subnet());

        await site.WaitForPageAsync("/", 200);

        foreach (var (number, resource) in new[] { "sitedb", "siteblog", "sitewww" }.Index())
        {
            Assert.Equal(
                [site.Subnet.Host(number + 1).ToString()],
                await ContainerEngine.ListAsync(
                    "inspect", "--format", $$$"""{{(index .NetworkSettings.Networks "{{{site.Network}}}").GlobalIPv6Address}}""", await site.ContainerOfAsync(resource)));
        }
    }
}
