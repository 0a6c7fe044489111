using BoneYard.Networking;
using BoneYard.Tests.Infrastructure;
using static BoneYard.Tests.Infrastructure.FakeNetwork;

namespace BoneYard.Tests.Model;

public sealed class ContainerNetworkRemovalTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("10.11.12.9", true)]
    [InlineData("", false)]
    public async Task A_network_is_not_removed_while_a_container_of_this_AppHost_runs_on_it(string address, bool inUse)
    {
        var runtime = Docker().On(Inspect, Described("10.11.12.0/24", "10.11.12.254", OwnerLabel.Value))
            .On(Members, "aaa").On("container|inspect|aaa", Containers(("siteblog-abc", address, OwnerLabel.Value))).On(Remove, "");

        Assert.Equal(inUse ? "Network 'sitenet' is in use by siteblog-abc. Stop or remove them first." : null, await Manager(runtime).RemoveAsync(Cancelled));
        Assert.Equal(inUse, !runtime.Commands.Contains(Remove));
    }

    [Fact]
    public async Task A_network_with_a_stopped_container_of_another_application_is_not_removed()
    {
        var runtime = Docker().On(Inspect, Described("10.11.12.0/24", "10.11.12.254", OwnerLabel.Value))
            .On(Members, "aaa").On("container|inspect|aaa", Containers(("guest", "", "")));

        Assert.Equal("Network 'sitenet' is in use by guest. Stop or remove them first.", await Manager(runtime).RemoveAsync(Cancelled));
        Assert.DoesNotContain(Remove, runtime.Commands);
    }

    [Fact]
    public async Task A_network_that_was_recreated_with_different_settings_is_not_removed()
    {
        var runtime = Docker().On(Inspect, Described("10.11.13.0/24", "10.11.13.1")).On(Members, "");

        Assert.Equal("Network 'sitenet' was recreated with different settings: subnet 10.11.13.0/24, gateway 10.11.13.1.", await Manager(runtime).RemoveAsync(Cancelled));
        Assert.DoesNotContain(Remove, runtime.Commands);
    }

    [Fact]
    public async Task An_unused_network_is_removed()
    {
        var runtime = Docker().On(Inspect, Described("10.11.12.0/24", "10.11.12.254", OwnerLabel.Value)).On(Members, "").On(Remove, "");

        Assert.Null(await Manager(runtime).RemoveAsync(Cancelled));
        Assert.Equal([Inspect, Members, Remove], runtime.Commands);
    }
}
