using BoneYard.Tests.Infrastructure;

namespace BoneYard.Tests.EndToEnd;

public sealed class NeighbourTests
{
    [Fact]
    public async Task A_second_AppHost_on_the_same_network_is_refused_and_the_first_one_keeps_running()
    {
        await using var own = new IsolatedResources();
        var port = AppHostProcess.FreePort();
        await using var first = AppHostProcess.Start(AppHostProcess.OptionsWith(own, port));
        await first.SiteAsync();
        var before = await own.LeftAsync();

        var (exitCode, error, _) = await AppHostProcess.RunAsync(AppHostProcess.OptionsWith(own));

        Assert.Equal(1, exitCode);
        Assert.Matches($"Address [0-9.]+ of 'site[a-z]+' on network '{own.Network}' is in use by container 'site[a-z]+-[a-z]+'\\. Stop the application that uses it", error);
        Assert.Equal(before, await own.LeftAsync());
        using var visitor = new HttpClient();
        Assert.Contains("The Bone Yard", await visitor.GetStringAsync(new Uri($"http://localhost:{port}/"), TestContext.Current.CancellationToken), StringComparison.Ordinal);

        await first.StopAsync();
        Assert.Empty(await own.LeftAsync());
    }
}
