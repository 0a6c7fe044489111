using BoneYard.Tests.Infrastructure;

namespace BoneYard.Tests.EndToEnd;

/// <summary>The site's network with static addresses, in addition to Aspire's own.</summary>
[Collection(RunningSite.Name)]
public sealed class CustomNetworkTests(SiteFixture fixture)
{
    private readonly Site _site = fixture.Site;

    [Theory]
    [InlineData("sitedb", 1)]
    [InlineData("siteblog", 2)]
    [InlineData("sitewww", 3)]
    public async Task Each_container_is_on_both_networks_and_has_its_static_address(string resource, int number)
    {
        var networks = await ContainerEngine.ListAsync(
            "inspect", "--format", "{{range $name, $network := .NetworkSettings.Networks}}{{println $name $network.IPAddress}}{{end}}", await _site.ContainerOfAsync(resource));

        Assert.Equal(2, networks.Length);
        Assert.Contains($"{_site.Network} {_site.Subnet.Host(number)}", networks);
    }

    [Fact]
    public async Task Nginx_reaches_the_blog_over_sitenet()
    {
        using var _ = await _site.GetAsync("/archive?over-sitenet");

        var line = await _site.WaitForLogLineAsync("sitewww", line => line.Contains("over-sitenet", StringComparison.Ordinal));

        Assert.Contains($"\"upstream\":\"{_site.Subnet.Host(2)}:8000\"", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_blog_connects_to_the_database_over_sitenet_only()
    {
        using var _ = await _site.GetAsync("/");
        await using var connection = await _site.OpenDatabaseAsync();
        // The host's connections, such as this one, use Aspire's network.
        await using var command = new Npgsql.NpgsqlCommand(
            "SELECT DISTINCT host(client_addr) FROM pg_stat_activity WHERE datname = 'blog' AND application_name = 'boneyard-blog'", connection);
        await using var rows = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var peers = new List<string>();

        while (await rows.ReadAsync(TestContext.Current.CancellationToken))
        {
            peers.Add(rows.GetString(0));
        }

        Assert.Contains(_site.Subnet.Host(2).ToString(), peers);
        // Another test moves the blog to another address.
        Assert.All(peers, peer => Assert.Null(_site.Subnet.Validate(System.Net.IPAddress.Parse(peer))));
    }

    [Fact]
    public async Task The_network_is_healthy_and_shows_its_members()
    {
        await _site.WaitUntilHealthyAsync("sitenet");
        var update = await _site.Application.ResourceNotifications.WaitForResourceAsync(
            "sitenet", update => update.Snapshot.Properties.Any(property => property is { Name: "network.members", Value: string members } && members.Contains(_site.Subnet.Host(3).ToString(), StringComparison.Ordinal)), TestContext.Current.CancellationToken);

        Assert.Contains(update.Snapshot.Properties, property => property is { Name: "network.subnet", Value: string subnet } && subnet == _site.Subnet.ToString());
    }

    [Fact]
    public async Task Nginx_reaches_the_blog_after_a_restart()
    {
        await _site.RunCommandAsync("siteblog", "restart");

        await _site.WaitForPageAsync("/", 200);
    }

    [Fact]
    public async Task Nginx_reaches_the_blog_after_its_address_has_changed()
    {
        var container = await _site.ContainerOfAsync("siteblog");
        await _site.WaitForPageAsync("/", 200);

        await MoveAsync(container, 9);

        try
        {
            await _site.WaitForPageAsync("/?moved", 200);
            var line = await _site.WaitForLogLineAsync("sitewww", line => line.Contains("/?moved", StringComparison.Ordinal) && line.Contains("\"status\":200", StringComparison.Ordinal));
            Assert.Contains($"{_site.Subnet.Host(9)}:8000", line, StringComparison.Ordinal);
        }
        finally
        {
            await MoveAsync(container, 2);
            await _site.WaitForPageAsync("/", 200);
        }
    }

    private async Task MoveAsync(string container, int number)
    {
        await ContainerEngine.RunAsync("network", "disconnect", _site.Network, container);
        await ContainerEngine.RunAsync("network", "connect", "--ip", _site.Subnet.Host(number).ToString(), "--alias", "siteblog.sitenet", _site.Network, container);
    }
}
