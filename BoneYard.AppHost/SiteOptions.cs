using System.Globalization;
using System.Net.Sockets;
using BoneYard.Networking;
using Microsoft.Extensions.Configuration;

namespace BoneYard;

internal enum SiteMode
{
    /// <summary>The sources are mounted, what is saved shows at once, nothing is cached.</summary>
    Development,

    /// <summary>The sources are in the images, nothing but data is mounted, the containers are hardened.</summary>
    Production,
}

/// <summary>What may be said of the site: on the command line, in the environment or in appsettings.</summary>
/// <param name="Mode">How it runs.</param>
/// <param name="Tls">A folder with fullchain.pem and privkey.pem; null takes the development authority, <c>off</c> serves plain HTTP.</param>
/// <param name="HostName">The name under which the site is visited.</param>
/// <param name="HttpPort">The front door's port for HTTP on the host.</param>
/// <param name="HttpsPort">The front door's port for HTTPS on the host.</param>
/// <param name="Listen">Where the front door listens on the host.</param>
/// <param name="DataVolume">The volume that keeps the database.</param>
/// <param name="MediaVolume">The volume that keeps uploaded pictures; the blog writes it, Nginx reads it.</param>
/// <param name="Network">What the container runtime calls the site's network.</param>
/// <param name="Subnet">The range of its addresses; the containers get the first three.</param>
/// <param name="Gateway">Its gateway; null takes the last address.</param>
/// <param name="Author">The name with which the first author signs in.</param>
/// <param name="SiteUrl">The address by which readers know the site; null takes the one that a visitor asked for.</param>
/// <param name="Contact">Ways to reach the authors, as <c>Label=URL,Label=URL</c>; null shows none.</param>
internal sealed record SiteOptions(
    SiteMode Mode, string? Tls, string HostName, int HttpPort, int HttpsPort, string Listen, string DataVolume, string MediaVolume,
    string Network, IpSubnet Subnet, string? Gateway, string Author, string? SiteUrl, string? Contact)
{
    public const string NoTls = "off";

    // Each gets an address: the gateway cannot have it.
    private const int Containers = 3;

    private static readonly SiteOption s_mode = SiteOption.Choice("mode", "development", "whether the site is worked on or visited", "development", "production");

    private static readonly SiteOption s_tls = new(
        "tls", "", "the certificate and its key", "a folder with fullchain.pem and privkey.pem, or off; in development not set means a certificate of its own",
        _ => true)
    {
        FromCommandLine = text => text is "" || IsOff(text) ? text : Path.GetFullPath(text),
    };

    private static readonly SiteOption s_hostName = SiteOption.Host("host-name", "localhost", "under which the site is visited; the certificate has to cover it");
    private static readonly SiteOption s_httpPort = SiteOption.Port("http-port", 8080, "the front door, over HTTP");
    private static readonly SiteOption s_httpsPort = SiteOption.Port("https-port", 8443, "the front door, over HTTPS");

    internal static readonly SiteOption ListenOption = new(
        "listen", "localhost", "where the front door listens", "localhost, or an IPv4 address of this machine; 0.0.0.0 is all of them",
        text => text is "localhost" || IpSubnet.TryParseAddress(text, out var address) && address.AddressFamily is AddressFamily.InterNetwork);

    private static readonly SiteOption s_dataVolume = SiteOption.Volume("data-volume", "boneyard-data", "keeps the database");
    private static readonly SiteOption s_mediaVolume = SiteOption.Volume("media-volume", "boneyard-media", "keeps uploaded pictures");
    private static readonly SiteOption s_network = SiteOption.Network("network", "sitenet", "connects the containers");

    private static readonly SiteOption s_subnet = new(
        "subnet", "10.11.12.0/24", "the addresses of the network", IpSubnet.Allowed,
        text => IpSubnet.TryParse(text, out _));

    private static readonly SiteOption s_gateway = new(
        "gateway", "", "the network's own address", "an IP address of the subnet that no container has; not set means the last one",
        text => text.Length == 0 || IpSubnet.TryParseAddress(text, out _));

    private static readonly SiteOption s_author = new(
        "author", "author", "the first author's name for signing in", "letters, digits, '.', '-' and '_'",
        text => text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_'));

    private static readonly SiteOption s_siteUrl = new(
        "site-url", "", "the address by which readers know the site", "an http or https URL such as https://blog.example.org; not set means the one they asked for",
        text => text.Length == 0 || IsUrl(text, Uri.UriSchemeHttp, Uri.UriSchemeHttps) && !text.Contains('?', StringComparison.Ordinal) && !text.Contains('#', StringComparison.Ordinal));

    private static readonly SiteOption s_contact = new(
        "contact", "", "ways to reach the authors", "names and URLs such as Mastodon=https://example.org/@me,E-mail=mailto:me@example.org; not set shows none",
        text => text.Length == 0 || text.Split(',').All(IsContact));

    public static IReadOnlyList<SiteOption> All { get; } =
        [s_mode, s_tls, s_hostName, s_httpPort, s_httpsPort, ListenOption, s_dataVolume, s_mediaVolume, s_network, s_subnet, s_gateway, s_author, s_siteUrl, s_contact];

    public bool IsProduction => Mode is SiteMode.Production;

    /// <summary>The static address of the container of this number, from 1.</summary>
    public string Address(int number) => Subnet.Host(number).ToString();

    public bool HasTls => Tls is null || !IsOff(Tls);

    /// <exception cref="WrongOptionException">A value is not allowed, or production has nothing to serve HTTPS with.</exception>
    public static SiteOptions From(IConfiguration configuration)
    {
        SiteCommandLine.RefuseUnknown(configuration.GetSection(SiteOption.Section).GetChildren().Select(child => child.Path));

        var site = new SiteOptions(
            Enum.Parse<SiteMode>(Value(s_mode), ignoreCase: true),
            ValueOrNull(s_tls),
            Value(s_hostName),
            Number(s_httpPort),
            Number(s_httpsPort),
            Value(ListenOption),
            Value(s_dataVolume),
            Value(s_mediaVolume),
            Value(s_network),
            IpSubnet.TryParse(Value(s_subnet), out var subnet) ? subnet : throw new InvalidOperationException("The value was checked."),
            ValueOrNull(s_gateway),
            Value(s_author),
            ValueOrNull(s_siteUrl),
            ValueOrNull(s_contact));

        return site.Contradiction() is { } contradiction ? throw new WrongOptionException(contradiction) : site;

        int Number(SiteOption option) => int.Parse(Value(option), CultureInfo.InvariantCulture);

        string? ValueOrNull(SiteOption option) => Value(option) is { Length: > 0 } value ? value : null;

        string Value(SiteOption option) => configuration[option.ConfigurationKey] switch
        {
            null when configuration.GetSection(option.ConfigurationKey).GetChildren().Any() =>
                throw new WrongOptionException($"Option {option.Name} is a list or an object; allowed is {option.Allowed}."),
            null => option.Default,
            var value when option.IsAllowed(value) => value,
            var value => throw new WrongOptionException($"Option {option.Name} is '{value}'; allowed is {option.Allowed}."),
        };
    }

    /// <summary>What is allowed by itself, but not together; null when all is well.</summary>
    private string? Contradiction() => this switch
    {
        { IsProduction: true, Tls: null } =>
            $"Option {s_tls.Name} is not set; in production it has to be: a folder with fullchain.pem and privkey.pem, or {NoTls} behind a proxy that serves HTTPS.",
        { HasTls: true } when HttpsPort == HttpPort =>
            $"Option {s_httpsPort.Name} is '{HttpsPort}', as is {s_httpPort.Name}; allowed is a port of its own, 1 to 65535.",
        _ when MediaVolume == DataVolume =>
            $"Option {s_mediaVolume.Name} is '{MediaVolume}', as is {s_dataVolume.Name}; allowed is a volume of its own.",
        _ when ObjectionToGateway() is { } objection =>
            $"Option {s_gateway.Name} is '{Gateway}', but {objection}; allowed is {s_gateway.Allowed}.",
        _ => null,
    };

    private string? ObjectionToGateway() =>
        !IpSubnet.TryParseAddress(Gateway, out var gateway) ? null
        : Enumerable.Range(1, Containers).Any(number => Subnet.Host(number).Equals(gateway)) ? $"{gateway} is the address of a container"
        : Subnet.Validate(gateway);

    private static bool IsOff(string text) => text.Equals(NoTls, StringComparison.OrdinalIgnoreCase);

    /// <summary>As in <c>E-mail=mailto:me@example.org</c>.</summary>
    private static bool IsContact(string text) =>
        text.Split('=', 2, StringSplitOptions.TrimEntries) is [{ Length: > 0 }, var url] && IsUrl(url, Uri.UriSchemeHttp, Uri.UriSchemeHttps, Uri.UriSchemeMailto);

    private static bool IsUrl(string text, params string[] schemes) =>
        !text.Any(char.IsWhiteSpace) && Uri.IsWellFormedUriString(text, UriKind.Absolute) && schemes.Contains(new Uri(text).Scheme);
}
