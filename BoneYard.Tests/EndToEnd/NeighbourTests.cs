using BoneYard.Tests.Infrastructure;

namespace BoneYard.Tests.EndToEnd;

[Collection(RunningAppHost.Name)]
public sealed class NeighbourTests(AppHostFixture host)
{
    [Fact]
    public async Task A_second_AppHost_on_the_same_network_is_refused_and_the_first_one_keeps_running()
    {
        var before = await host.Own.LeftAsync();

        var (exitCode, error, _) = await AppHostProcess.RunAsync(AppHostProcess.OptionsWith(host.Own));

        Assert.Equal(1, exitCode);
        Assert.Matches($"Address [0-9.]+ of 'site[a-z]+' on network '{host.Own.Network}' is in use by container 'site[a-z]+-[a-z]+'\\. Stop the application that uses it", error);
        Assert.Equal(before, await host.Own.LeftAsync());
        using var visitor = new HttpClient();
        Assert.Contains("The Bone Yard", await visitor.GetStringAsync(host.Site, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }
}
