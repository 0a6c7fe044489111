using Microsoft.Extensions.Configuration;

namespace BoneYard.Tests.Model;

public sealed class SiteOptionsTests
{
    [Fact]
    public void Without_settings_the_site_has_its_defaults()
    {
        Assert.Equal(new SiteOptions(8080, "boneyard-data", "boneyard-media"), Options());
    }

    [Theory]
    [InlineData("1", 1)]
    [InlineData("80", 80)]
    [InlineData("65535", 65535)]
    public void A_port_may_be_chosen(string text, int port)
    {
        Assert.Equal(port, Options(("HttpPort", text)).HttpPort);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("65536")]
    [InlineData("-1")]
    [InlineData("http")]
    [InlineData("80 ")]
    [InlineData("")]
    public void A_wrong_port_is_refused_by_name_and_value(string text)
    {
        var refusal = Assert.Throws<WrongOptionException>(() => Options(("HttpPort", text)));

        Assert.Equal($"Option Site:HttpPort is '{text}'; allowed is a port, 1 to 65535.", refusal.Message);
    }

    [Theory]
    [InlineData("a")]
    [InlineData("")]
    [InlineData("-data")]
    [InlineData("../etc")]
    [InlineData("my data")]
    public void A_wrong_volume_is_refused_by_name_and_value(string text)
    {
        var refusal = Assert.Throws<WrongOptionException>(() => Options(("DataVolume", text)));

        Assert.StartsWith($"Option Site:DataVolume is '{text}'", refusal.Message, StringComparison.Ordinal);
    }

    private static SiteOptions Options(params (string Name, string Value)[] settings) => SiteOptions.From(
        new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create($"Site:{setting.Name}", (string?)setting.Value)))
            .Build());
}
