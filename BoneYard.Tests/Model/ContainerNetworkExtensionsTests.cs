using System.Net;
using BoneYard.Networking;
using Microsoft.Extensions.Configuration;

namespace BoneYard.Tests.Model;

public sealed class ContainerNetworkExtensionsTests
{
    [Theory]
    [InlineData("docker", "10.11.12.3", "name=sitenet,ip=10.11.12.3,alias=sitewww.sitenet")]
    [InlineData("podman", "10.11.12.3", "sitenet:ip=10.11.12.3,alias=sitewww.sitenet")]
    [InlineData("docker", "fd00:b0::3", "name=sitenet,ip6=fd00:b0::3,alias=sitewww.sitenet")]
    [InlineData("podman", "fd00:b0::3", "sitenet:ip6=fd00:b0::3,alias=sitewww.sitenet")]
    public void An_attachment_uses_the_syntax_of_the_runtime(string runtime, string address, string argument)
    {
        var network = new ContainerNetworkResource("sitenet", "sitenet", IpSubnet.Parse("10.11.12.0/24"), IPAddress.Parse("10.11.12.254"));

        Assert.Equal(argument, ContainerNetworkExtensions.Attachment(runtime, network, new ContainerResource("sitewww"), IPAddress.Parse(address)));
    }

    [Theory]
    [InlineData("10.11.12.254", "10.11.12.254 cannot be the address of 'c' on network 'sitenet': it is the address of the gateway. Choose another address.")]
    [InlineData("10.11.12.1", "10.11.12.1 cannot be the address of 'c' on network 'sitenet': it is the address of 'first'. Choose another address.")]
    [InlineData("10.11.12.0", "10.11.12.0 cannot be the address of 'c' on network 'sitenet': 10.11.12.0 is the address of the network itself. Choose another address.")]
    [InlineData("10.11.12.255", "10.11.12.255 cannot be the address of 'c' on network 'sitenet': 10.11.12.255 is the broadcast address of 10.11.12.0/24. Choose another address.")]
    [InlineData("10.11.13.1", "10.11.13.1 cannot be the address of 'c' on network 'sitenet': 10.11.13.1 is not in 10.11.12.0/24. Choose another address.")]
    [InlineData("ten", "'ten' is not a valid IP address for the address of 'c' on network 'sitenet'. Use an address of 10.11.12.0/24.")]
    [InlineData("10.11.12", "'10.11.12' is not a valid IP address for the address of 'c' on network 'sitenet'. Use an address of 10.11.12.0/24.")]
    public void An_invalid_address_is_refused(string address, string message)
    {
        var builder = Builder();
        var network = builder.AddContainerNetwork("sitenet", "10.11.12.0/24");
        builder.AddContainer("first", "image").WithNetwork(network, "10.11.12.1");

        var refusal = Assert.Throws<DistributedApplicationException>(() => builder.AddContainer("c", "image").WithNetwork(network, address));

        Assert.Equal(message, refusal.Message);
    }

    [Theory]
    [InlineData("sitenet", null, "'sitenet' is not a valid subnet for network 'net'. Use " + IpSubnet.Allowed + ".")]
    [InlineData("10.11.12.0/24", "10.11.12.255", "10.11.12.255 cannot be the gateway of network 'net': 10.11.12.255 is the broadcast address of 10.11.12.0/24. Choose another address.")]
    public void An_invalid_subnet_or_gateway_is_refused(string subnet, string? gateway, string message)
    {
        var refusal = Assert.Throws<DistributedApplicationException>(() => Builder().AddContainerNetwork("net", subnet, gateway));

        Assert.Equal(message, refusal.Message);
    }

    [Fact]
    public void In_publish_mode_a_network_changes_neither_configuration_nor_services_nor_container_arguments()
    {
        var builder = Builder("--operation", "publish");
        var services = builder.Services.ToArray();
        var settings = Settings(builder);

        var network = builder.AddContainerNetwork("sitenet", "10.11.12.0/24");
        var container = builder.AddContainer("c", "image").WithNetwork(network, "10.11.12.1");

        Assert.Equal(services, builder.Services);
        Assert.Equal(settings, Settings(builder));
        Assert.False(container.Resource.HasAnnotationOfType<ContainerRuntimeArgsCallbackAnnotation>());
        Assert.Equal([KeyValuePair.Create(IPAddress.Parse("10.11.12.1"), "c")], network.Resource.Containers);
    }

    private static KeyValuePair<string, string?>[] Settings(IDistributedApplicationBuilder builder) => [.. ((IConfiguration)builder.Configuration).AsEnumerable()];

    private static IDistributedApplicationBuilder Builder(params string[] args) =>
        DistributedApplication.CreateBuilder(["--ASPIRE_ALLOW_UNSECURED_TRANSPORT=true", .. args]);
}
