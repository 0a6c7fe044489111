using BoneYard.Networking;
using Microsoft.Extensions.Configuration;

namespace BoneYard.Tests.Model;

public sealed class ContainerRuntimeTests
{
    [Theory]
    [InlineData("docker", "docker")]
    [InlineData("Podman", "podman")]
    public void A_setting_selects_the_runtime(string value, string name)
    {
        Assert.Equal(name, ContainerRuntime.NameIn(Configuration("ASPIRE_CONTAINER_RUNTIME", value)));
    }

    [Fact]
    public void An_unsupported_runtime_is_refused()
    {
        var refusal = Assert.Throws<DistributedApplicationException>(() => ContainerRuntime.NameIn(Configuration("DOTNET_ASPIRE_CONTAINER_RUNTIME", "nerdctl")));

        Assert.Equal("DOTNET_ASPIRE_CONTAINER_RUNTIME is 'nerdctl', which is not a supported container runtime. Set it to docker or podman.", refusal.Message);
    }

    private static IConfiguration Configuration(string setting, string value) =>
        new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create<string, string?>(setting, value)]).Build();
}
