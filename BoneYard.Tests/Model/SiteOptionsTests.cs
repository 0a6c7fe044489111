using BoneYard.Networking;
using Microsoft.Extensions.Configuration;

namespace BoneYard.Tests.Model;

public sealed class SiteOptionsTests
{
    [Fact]
    public void Without_settings_the_site_has_its_defaults()
    {
        Assert.Equal(
            new SiteOptions(SiteMode.Development, Tls: null, "localhost", 8080, 8443, "localhost", "boneyard-data", "boneyard-media", "sitenet", Subnet("10.11.12.0/24"), Gateway: null, "author", SiteUrl: null, Contact: null),
            Options());
    }

    [Fact]
    public void README_lists_them_all_with_their_defaults()
    {
        var rows = File.ReadLines(Infrastructure.Repository.PathOf("README.md"))
            .Where(line => line.StartsWith("| `--", StringComparison.Ordinal))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries)[1..3]);

        Assert.Equal(SiteOptions.All.Select(option => new[] { $"`--{option.Name}`", option.Default is "" ? "" : $"`{option.Default}`" }), rows);
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
    [InlineData("subnet", "127.0.0.0/24")]
    [InlineData("network", "host")]
    [InlineData("network", "bridge")]
    [InlineData("gateway", "10.11.12")]
    [InlineData("gateway", "router")]
    [InlineData("listen", "")]
    [InlineData("listen", "everywhere")]
    [InlineData("listen", "::")]
    [InlineData("listen", "0.0.0.0:80")]
    [InlineData("host-name", "")]
    [InlineData("host-name", "a b")]
    [InlineData("host-name", "*.site.example")]
    [InlineData("host-name", "https://site.example")]
    [InlineData("host-name", "site.example:8443")]
    [InlineData("host-name", "[::1]")]
    [InlineData("host-name", "fe80::1%eth0")]
    [InlineData("host-name", "bücher.example")]
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
    [InlineData("site.example")]
    [InlineData("xn--bcher-kva.example")]
    [InlineData("10.11.12.3")]
    [InlineData("::1")]
    public void A_host_has_a_name_or_an_address(string host)
    {
        Assert.Equal(host, Options($"--host-name={host}").HostName);
    }

    [Theory]
    [InlineData("Option http-port has no value; allowed is a port, 1 to 65535.", "--http-port")]
    [InlineData("Option http-port has no value; allowed is a port, 1 to 65535.", "--http-port", "--https-port=443")]
    [InlineData("Option mode has no value; allowed is development or production.", "--Site:Mode")]
    [InlineData("Setting Logging:Level has no value; write --Logging:Level=VALUE.", "--Logging:Level")]
    public void An_option_without_a_value_is_refused(string message, params string[] arguments)
    {
        Assert.Equal(message, Assert.Throws<WrongOptionException>(() => Options(arguments)).Message);
    }

    [Theory]
    [InlineData("--mode=development", "--mode=production")]
    [InlineData("--mode", "development", "--Site:Mode=production")]
    public void An_option_that_is_given_twice_is_refused(params string[] arguments)
    {
        Assert.Equal(
            "Option mode is 'development' and 'production'; allowed is one value.",
            Assert.Throws<WrongOptionException>(() => Options(arguments)).Message);
    }

    [Theory]
    [InlineData("production", "production")]
    [InlineData("production", "--http-port", "80", "production")]
    [InlineData("-x", "-x")]
    [InlineData("http-port=80", "http-port=80")]
    [InlineData("/mode", "/mode", "production")]
    public void A_word_that_is_no_option_is_refused(string word, params string[] arguments)
    {
        Assert.Equal(
            $"'{word}' is no option; options are written as --name=value, such as --mode=production. --help lists them all.",
            Assert.Throws<WrongOptionException>(() => Options(arguments)).Message);
    }

    [Theory]
    [InlineData("Option https-port is '8080', as is http-port; allowed is a port of its own, 1 to 65535.", "--https-port=8080")]
    [InlineData("Option media-volume is 'boneyard-data', as is data-volume; allowed is a volume of its own.", "--media-volume=boneyard-data")]
    [InlineData("Option gateway is '10.11.13.1', but 10.11.13.1 is not in 10.11.12.0/24; allowed is ", "--gateway=10.11.13.1")]
    [InlineData("Option gateway is '10.11.12.0', but 10.11.12.0 is the address of the network itself; allowed is ", "--gateway=10.11.12.0")]
    [InlineData("Option gateway is '10.11.12.255', but 10.11.12.255 is the broadcast address of 10.11.12.0/24; allowed is ", "--gateway=10.11.12.255")]
    [InlineData("Option gateway is '10.11.12.3', but 10.11.12.3 is the address of a container; allowed is ", "--gateway=10.11.12.3")]
    [InlineData("Option gateway is '10.11.12.254', but 10.11.12.254 is not in fd00:b0::/64; allowed is ", "--subnet=fd00:b0::/64", "--gateway=10.11.12.254")]
    public void Values_that_contradict_each_other_are_refused(string message, params string[] arguments)
    {
        Assert.StartsWith(message, Assert.Throws<WrongOptionException>(() => Options(arguments)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_HTTPS_its_port_is_nobodys()
    {
        Assert.Equal(8080, Options("--tls=off", "--https-port=8080").HttpPort);
    }

    [Theory]
    [InlineData("off", "off")]
    [InlineData("/etc/tls", "/etc/tls")]
    public void A_path_on_the_command_line_may_be_absolute(string given, string path)
    {
        Assert.Equal(path, Options($"--tls={given}").Tls);
    }

    [Theory]
    [InlineData("certs")]
    [InlineData("./certs")]
    [InlineData("elsewhere/../certs/")]
    public void A_relative_path_on_the_command_line_begins_where_the_person_stands(string given)
    {
        Assert.Equal(Path.Combine(Environment.CurrentDirectory, "certs"), Options($"--tls={given}").Tls?.TrimEnd('/'));
    }

    [Fact]
    public void A_relative_path_in_a_setting_is_left_to_the_AppHost()
    {
        Assert.Equal("certs", Settings(("Site:Tls", "certs")).Tls);
    }

    [Theory]
    [InlineData("Site:HttpPort:0", "Option http-port is a list or an object; allowed is a port, 1 to 65535.")]
    [InlineData("Site:Mode:Name", "Option mode is a list or an object; allowed is development or production.")]
    [InlineData("Site:HttpPorts:First", "There is no option Site:HttpPorts; did you mean Site:HttpPort? --help lists them all.")]
    public void A_setting_of_the_wrong_shape_is_refused(string key, string message)
    {
        Assert.Equal(message, Assert.Throws<WrongOptionException>(() => Settings((key, "80"))).Message);
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
        Assert.False(Options("--mode=production", "--tls=OFF").HasTls);
        Assert.Equal("/etc/tls", Options("--mode=production", "--tls=/etc/tls").Tls);
    }

    [Theory]
    [InlineData("--operation", "publish")]
    [InlineData("--environment", "Staging")]
    [InlineData("--clear-cache")]
    public void What_the_tools_of_Aspire_pass_is_left_to_them(params string[] arguments)
    {
        Assert.Equal(arguments, SiteCommandLine.ToConfiguration(arguments));
    }

    [Fact]
    public void Every_default_is_an_allowed_value()
    {
        Assert.All(SiteOptions.All, option => Assert.True(option.IsAllowed(option.Default), option.Name));
    }

    private static IpSubnet Subnet(string text) => IpSubnet.TryParse(text, out var subnet) ? subnet : throw new ArgumentException(text);

    private static SiteOptions Settings(params (string Key, string Value)[] settings) =>
        SiteOptions.From(new ConfigurationBuilder().AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create<string, string?>(setting.Key, setting.Value))).Build());

    private static SiteOptions Options(params string[] arguments) =>
        SiteOptions.From(new ConfigurationBuilder().AddCommandLine(SiteCommandLine.ToConfiguration(arguments)).Build());
}
