using BoneYard.Tests.Infrastructure;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace BoneYard.Tests.Model;

public sealed class SiteOptionsTests
{
    [Fact]
    public void Default_values_apply_without_settings()
    {
        Assert.Equal(
            new SiteOptions("development", Tls: null, "localhost", 8080, 8443, "localhost", "boneyard-data", "boneyard-media", "sitenet", "10.11.12.0/24", Gateway: null, "author", SiteUrl: null, Contact: null),
            Options());
    }

    [Fact]
    public void Every_default_value_is_allowed()
    {
        Assert.Equal(Options(), Options([.. SiteOption.All.Select(option => $"{option.Name}={option.Default}")]));
    }

    [Fact]
    public void Documentation_lists_all_options_with_their_default_values()
    {
        var docs = Repository.PathOf("docs");
        string[] files = [Repository.PathOf("README.md"), .. Directory.Exists(docs) ? Directory.GetFiles(docs, "*.md") : []];

        var rows = files.SelectMany(File.ReadLines)
            .Where(line => line.StartsWith("| `--", StringComparison.Ordinal))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries)[1..3]);

        Assert.Equal(SiteOption.All.Select(option => new[] { $"`{option.Name}`", option.Default is "" ? "" : $"`{option.Default}`" }), rows);
    }

    [Theory]
    [InlineData("1", 1)]
    [InlineData("80", 80)]
    [InlineData("65535", 65535)]
    public void Ports_accept_1_to_65535(string text, int port)
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
    public void Value_that_is_not_allowed_is_reported_with_its_option(string name, string value)
    {
        Assert.StartsWith($"Option --{name} is '{value}', but must be ", Failure($"--{name}={value}"), StringComparison.Ordinal);
    }

    [Fact]
    public void All_values_that_are_not_allowed_are_reported_together()
    {
        Assert.Equal(
            ["Option --http-port is '0', but must be a port from 1 to 65535.", "Option --mode is 'test', but must be development or production."],
            Assert.Throws<OptionsValidationException>(() => Options("--mode=test", "--http-port=0")).Failures);
    }

    [Theory]
    [InlineData("site.example")]
    [InlineData("xn--bcher-kva.example")]
    [InlineData("10.11.12.3")]
    [InlineData("::1")]
    public void Host_name_accepts_names_and_addresses(string host)
    {
        Assert.Equal(host, Options($"--host-name={host}", "--tls=off").HostName);
    }

    [Theory]
    [InlineData("http://localhost:8080")]
    [InlineData("https://blog.example.org")]
    [InlineData("https://example.org/blog/")]
    public void Site_URL_accepts_http_and_https(string url)
    {
        Assert.Equal(url, Options($"--site-url={url}").SiteUrl);
    }

    [Theory]
    [InlineData("E-mail=mailto:me@example.org")]
    [InlineData("Mastodon=https://example.org/@me,E-mail=mailto:me@example.org")]
    [InlineData("Two words = https://example.org/?a=b , Other=http://localhost:1234/")]
    public void Contact_accepts_labels_with_URLs(string contact)
    {
        Assert.Equal(contact, Options($"--contact={contact}").Contact);
    }

    [Fact]
    public void Empty_value_means_not_set_when_there_is_no_default_value()
    {
        Assert.Equal(Options(), Options("--tls=", "--gateway=", "--site-url=", "--contact", ""));
    }

    [Theory]
    [InlineData("Options --http-port and --https-port are both '8080'. Use a different port for each.", "--https-port=8080")]
    [InlineData("Options --data-volume and --media-volume are both 'boneyard-data'. Use a different volume for each.", "--media-volume=boneyard-data")]
    [InlineData("Option --gateway is '10.11.13.1', but 10.11.13.1 is not in 10.11.12.0/24. Use ", "--gateway=10.11.13.1")]
    [InlineData("Option --gateway is '10.11.12.0', but 10.11.12.0 is the address of the network itself. Use ", "--gateway=10.11.12.0")]
    [InlineData("Option --gateway is '10.11.12.255', but 10.11.12.255 is the broadcast address of 10.11.12.0/24. Use ", "--gateway=10.11.12.255")]
    [InlineData("Option --gateway is '10.11.12.3', but 10.11.12.3 is the address of a container. Use ", "--gateway=10.11.12.3")]
    [InlineData("Option --gateway is '10.11.12.254', but 10.11.12.254 is not in fd00:b0::/64. Use ", "--subnet=fd00:b0::/64", "--gateway=10.11.12.254")]
    [InlineData("Option --host-name is 'site.example', but the development certificate is valid for localhost only. Set --tls ", "--host-name=site.example")]
    [InlineData("Option --tls is not set, but production requires it. Use ", "--mode=production")]
    public void Values_that_contradict_each_other_are_reported(string message, params string[] arguments)
    {
        Assert.StartsWith(message, Failure(arguments), StringComparison.Ordinal);
    }

    [Fact]
    public void HTTPS_port_is_ignored_without_TLS()
    {
        Assert.Equal(8080, Options("--tls=off", "--https-port=8080").HttpPort);
    }

    [Fact]
    public void Production_accepts_a_certificate_folder_or_off()
    {
        Assert.False(Options("--mode=production", "--tls=off").HasTls);
        Assert.False(Options("--mode=production", "--tls=OFF").HasTls);
        Assert.Equal("/etc/tls", Options("--mode=production", "--tls=/etc/tls").Tls);
    }

    [Theory]
    [InlineData("certs")]
    [InlineData("./certs")]
    [InlineData("elsewhere/../certs/")]
    public void Relative_path_on_the_command_line_starts_in_the_current_folder(string path)
    {
        Assert.Equal(Path.Combine(Environment.CurrentDirectory, "certs"), Options($"--tls={path}").Tls?.TrimEnd('/'));
    }

    [Fact]
    public void Relative_path_in_configuration_is_unchanged()
    {
        Assert.Equal("certs", Settings(("Site:Tls", "certs")).Tls);
    }

    [Theory]
    [InlineData("Site:HttpPort:0", "Option --http-port is a list or an object, but must be a port from 1 to 65535.")]
    [InlineData("Site:Mode:Name", "Option --mode is a list or an object, but must be development or production.")]
    [InlineData("Site:HttpPorts:First", "Unknown option Site:HttpPorts. Did you mean Site:HttpPort? --help lists all options.")]
    [InlineData("Site:DataVolumes", "Unknown option Site:DataVolumes. Did you mean Site:DataVolume? --help lists all options.")]
    [InlineData("Site:SomethingElse", "Unknown option Site:SomethingElse. --help lists all options.")]
    public void Unknown_setting_and_setting_of_the_wrong_shape_are_reported(string key, string message)
    {
        Assert.Equal([message], Assert.Throws<OptionsValidationException>(() => Settings((key, "80"))).Failures);
    }

    private static string Failure(params string[] arguments) => Assert.Single(Assert.Throws<OptionsValidationException>(() => Options(arguments)).Failures);

    private static SiteOptions Settings(params (string Key, string Value)[] settings) =>
        SiteOptions.From(new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(setting => setting.Key, setting => (string?)setting.Value)).Build());

    private static SiteOptions Options(params string[] arguments) =>
        SiteOptions.From(new ConfigurationBuilder().AddCommandLine(new SiteCommandLine(arguments).Arguments).Build());
}
