using BoneYard.Networking;
using Microsoft.Extensions.Configuration;

namespace BoneYard.Tests.Model;

public sealed class SiteOptionsTests
{
    [Fact]
    public void Without_settings_the_site_has_its_defaults()
    {
        Assert.Equal(
            new SiteOptions(SiteMode.Development, Tls: null, "localhost", 8080, 8443, "boneyard-data", "boneyard-media", "sitenet", Subnet("10.11.12.0/24"), Gateway: null, "author", SiteUrl: null, Contact: null),
            Options());
    }

    [Theory]
    [InlineData("1", 1)]
    [InlineData("80", 80)]
    [InlineData("65535", 65535)]
    public void A_port_may_be_chosen(string text, int port)
    {
        Assert.Equal((port, port), (Options($"--http-port={text}").HttpPort, Options($"--https-port={text}").HttpsPort));
    }

    [Theory]
    [InlineData("http-port", "0")]
    [InlineData("http-port", "65536")]
    [InlineData("http-port", "-1")]
    [InlineData("http-port", "http")]
    [InlineData("http-port", "80 ")]
    [InlineData("http-port", "")]
    [InlineData("https-port", "0")]
    [InlineData("https-port", "8443.0")]
    [InlineData("data-volume", "a")]
    [InlineData("data-volume", "")]
    [InlineData("data-volume", "-data")]
    [InlineData("data-volume", "../etc")]
    [InlineData("data-volume", "my data")]
    [InlineData("media-volume", "/srv/media")]
    [InlineData("mode", "")]
    [InlineData("mode", "test")]
    [InlineData("mode", "Production")]
    [InlineData("network", "my net")]
    [InlineData("subnet", "")]
    [InlineData("subnet", "10.11.12.0")]
    [InlineData("subnet", "10.11.12.1/24")]
    [InlineData("subnet", "10.11.12.0/30")]
    [InlineData("subnet", "10.11.12.0/33")]
    [InlineData("gateway", "10.11.12")]
    [InlineData("gateway", "router")]
    [InlineData("author", "")]
    [InlineData("author", "two words")]
    [InlineData("site-url", "blog.example.org")]
    [InlineData("site-url", "/blog")]
    [InlineData("site-url", "ftp://blog.example.org")]
    [InlineData("site-url", "https://")]
    [InlineData("site-url", "https://blog.example.org/?page=1")]
    [InlineData("site-url", "https://blog.example.org/#top")]
    [InlineData("site-url", " https://blog.example.org")]
    [InlineData("contact", "me@example.org")]
    [InlineData("contact", "E-mail=me@example.org")]
    [InlineData("contact", "=https://example.org")]
    [InlineData("contact", "Mastodon=")]
    [InlineData("contact", "Script=javascript:alert(1)")]
    [InlineData("contact", "Mastodon=https://example.org/@me,E-mail")]
    [InlineData("contact", "Mastodon=https://example.org/@me,")]
    public void A_wrong_value_is_refused_by_name_and_value(string name, string value)
    {
        var refusal = Assert.Throws<WrongOptionException>(() => Options($"--{name}={value}"));

        Assert.StartsWith($"Option {name} is '{value}'; allowed is ", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://localhost:8080")]
    [InlineData("https://blog.example.org")]
    [InlineData("https://example.org/blog/")]
    public void The_address_of_the_site_may_be_given(string url)
    {
        Assert.Equal(url, Options($"--site-url={url}").SiteUrl);
    }

    [Theory]
    [InlineData("E-mail=mailto:me@example.org")]
    [InlineData("Mastodon=https://example.org/@me,E-mail=mailto:me@example.org")]
    [InlineData("Two words = https://example.org/?a=b , Other=http://localhost:1234/")]
    public void Ways_to_reach_the_authors_may_be_given(string contact)
    {
        Assert.Equal(contact, Options($"--contact={contact}").Contact);
    }

    [Fact]
    public void An_empty_address_and_empty_ways_to_reach_the_authors_count_as_not_set()
    {
        Assert.Equal(Options(), Options("--site-url=", "--contact="));
    }

    [Theory]
    [InlineData("--http-prot=80", "http-port")]
    [InlineData("--mod=production", "mode")]
    [InlineData("--data-volum=x", "data-volume")]
    [InlineData("--Tls=off", "tls")]
    public void An_unknown_option_is_refused_with_the_nearest_name(string argument, string nearest)
    {
        var refusal = Assert.Throws<WrongOptionException>(() => Options(argument));

        Assert.Contains($"did you mean --{nearest}?", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_setting_is_refused_with_the_nearest_name()
    {
        var refusal = Assert.Throws<WrongOptionException>(() => Options("--Site:DataVolumes=x"));

        Assert.Equal("There is no option Site:DataVolumes; did you mean Site:DataVolume? --help lists them all.", refusal.Message);
    }

    [Theory]
    [InlineData("--http-port", "80")]
    [InlineData("--http-port=80")]
    [InlineData("--Site:HttpPort=80")]
    [InlineData("--site:httpport", "80")]
    public void An_option_may_be_written_in_several_ways(params string[] arguments)
    {
        Assert.Equal(80, Options(arguments).HttpPort);
    }

    [Fact]
    public void Production_needs_to_be_told_of_a_certificate()
    {
        Assert.Throws<WrongOptionException>(() => Options("--mode=production"));
        Assert.False(Options("--mode=production", "--tls=off").HasTls);
        Assert.Equal("/etc/tls", Options("--mode=production", "--tls=/etc/tls").Tls);
    }

    [Fact]
    public void Every_default_is_an_allowed_value()
    {
        Assert.All(SiteOptions.All, option => Assert.True(option.IsAllowed(option.Default), option.Name));
    }

    private static IpSubnet Subnet(string text) => IpSubnet.TryParse(text, out var subnet) ? subnet : throw new ArgumentException(text);

    private static SiteOptions Options(params string[] arguments) =>
        SiteOptions.From(new ConfigurationBuilder().AddCommandLine(SiteCommandLine.ToConfiguration(arguments)).Build());
}
