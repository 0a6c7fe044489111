using System.CommandLine;
using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using BoneYard.Networking;
using Microsoft.Extensions.Configuration;

namespace BoneYard;

/// <summary>A parameter of <see cref="SiteOptions"/> as users write it: <c>--http-port</c> for HttpPort, with a text as value.</summary>
internal sealed class SiteOption : Option<string>
{
    private const string ObjectName = "two or more letters, digits, '-', '_' and '.', starting with a letter or digit";

    /// <param name="allowed">The allowed values, to follow "must be".</param>
    private SiteOption(string key, string placeholder, string description, string allowed, Func<string, bool> isAllowed) : base(NameOf(key))
    {
        (Key, Allowed, IsAllowed) = ($"{SiteOptions.Section}:{key}", allowed, isAllowed);
        Default = Convert.ToString(typeof(SiteOptions).GetProperty(key)!.GetValue(new SiteOptions()), CultureInfo.InvariantCulture) ?? "";
        (HelpName, Description) = (placeholder, $"{description}. Allowed: {allowed}.");
        DefaultValueFactory = Default is "" ? null : _ => Default;
        // SiteCommandLine requires exactly one: the parser itself would take the next option for a missing value.
        Arity = ArgumentArity.ZeroOrOne;
    }

    /// <summary>All options, related ones together.</summary>
    public static IReadOnlyList<SiteOption> All { get; } =
    [
        new("Mode", "mode", "Development mounts the sources and disables caching; production hardens the containers", "development or production", text => text is "development" or "production"),
        new("Tls", "folder", "Certificate and private key; by default, development uses the ASP.NET Core development certificate", "a folder with fullchain.pem and privkey.pem, or off", _ => true),
        new("HostName", "host", "Host name in the site's URL; the certificate must cover it", "a host name or IP address in ASCII, without scheme and port", IsHost),
        new("HttpPort", "port", "Port on the host for HTTP", "a port from 1 to 65535", IsPort),
        new("HttpsPort", "port", "Port on the host for HTTPS", "a port from 1 to 65535", IsPort),
        new("Listen", "address", "Address on which both ports listen", "localhost, an IPv4 address of this machine, or 0.0.0.0 for all of them", IsListenAddress),
        new("DataVolume", "name", "Volume of the database", $"a volume name: {ObjectName}", IsObjectName),
        new("MediaVolume", "name", "Volume of the uploaded pictures", $"a volume name: {ObjectName}", IsObjectName),
        new("Network", "name", "Container network", $"a network name: {ObjectName}; not bridge, default, host or none", text => IsObjectName(text) && text is not ("bridge" or "default" or "host" or "none")),
        new("Subnet", "subnet", "Subnet of the container network; the containers use its first three addresses", IpSubnet.Allowed, text => IpSubnet.TryParse(text, out _)),
        new("Gateway", "address", "Gateway of the container network; by default, the last address of the subnet", "a free IP address of the subnet", text => IpSubnet.TryParseAddress(text, out _)),
        new("Author", "name", "User name of the first author", "letters, digits, '.', '-' and '_'", text => Regex.IsMatch(text, @"\A[A-Za-z0-9_.-]+\z")),
        new("SiteUrl", "url", "Public URL of the site, for canonical links and feeds; by default, the URL of the request", "an http or https URL without query and fragment, such as https://blog.example.org", IsSiteUrl),
        new("Contact", "links", "Contact links below each post", "labels and URLs, such as Mastodon=https://example.org/@me,E-mail=mailto:me@example.org", text => text.Split(',').All(IsContactLink)),
    ];

    /// <summary>In configuration: <c>Site:HttpPort</c>.</summary>
    public string Key { get; }

    public string Allowed { get; }

    /// <summary>Empty when the option is not set by default.</summary>
    public string Default { get; }

    private Func<string, bool> IsAllowed { get; }

    /// <returns>The error for a setting of section <c>Site</c>: an unknown key, or a value that is not allowed; otherwise null.</returns>
    public static string? ErrorOf(IConfigurationSection setting) => All.FirstOrDefault(option => option.Key.Equals(setting.Path, StringComparison.OrdinalIgnoreCase)) switch
    {
        null => SiteCommandLine.UnknownOption(setting.Path, NameOf(setting.Key), nearest => nearest.Key),
        var option when setting.Value is null && setting.GetChildren().Any() => $"Option {option.Name} is a list or an object, but must be {option.Allowed}.",
        // Also an empty text for an option without a default, which means that it is not set.
        var option when setting.Value is null || setting.Value == option.Default || option.IsAllowed(setting.Value) => null,
        var option => $"Option {option.Name} is '{setting.Value}', but must be {option.Allowed}.",
    };

    private static string NameOf(string key) => $"--{JsonNamingPolicy.KebabCaseLower.ConvertName(key)}";

    private static bool IsPort(string text) => ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0;

    private static bool IsHost(string text) =>
        text.All(char.IsAscii) && !text.StartsWith('[') && !text.Contains('%', StringComparison.Ordinal) && Uri.CheckHostName(text) is not UriHostNameType.Unknown;

    private static bool IsListenAddress(string text) =>
        text is "localhost" || IpSubnet.TryParseAddress(text, out var address) && address.AddressFamily is AddressFamily.InterNetwork;

    // The rule of Docker and Podman for volumes and networks.
    private static bool IsObjectName(string text) => Regex.IsMatch(text, @"\A[A-Za-z0-9][A-Za-z0-9_.-]+\z");

    private static bool IsSiteUrl(string text) => IsUrl(text, Uri.UriSchemeHttp, Uri.UriSchemeHttps) && !text.AsSpan().ContainsAny('?', '#');

    private static bool IsContactLink(string text) =>
        text.Split('=', 2, StringSplitOptions.TrimEntries) is [{ Length: > 0 }, var url] && IsUrl(url, Uri.UriSchemeHttp, Uri.UriSchemeHttps, Uri.UriSchemeMailto);

    private static bool IsUrl(string text, params string[] schemes) =>
        !text.Any(char.IsWhiteSpace) && Uri.IsWellFormedUriString(text, UriKind.Absolute) && schemes.Contains(new Uri(text).Scheme);
}
