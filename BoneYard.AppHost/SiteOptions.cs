using BoneYard.Networking;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace BoneYard;

/// <summary>
/// The site options, from section <c>Site</c> of the configuration: <c>--http-port=80</c> on the command line, <c>Site__HttpPort</c>
/// in the environment, <c>Site:HttpPort</c> in appsettings.json and user secrets.
/// </summary>
/// <param name="Mode"><c>development</c> or <c>production</c>.</param>
/// <param name="Tls">Folder with fullchain.pem and privkey.pem, or <c>off</c>; null, in development, means the ASP.NET Core development certificate.</param>
/// <param name="HostName">Host name or IP address in the site's URL.</param>
/// <param name="HttpPort">Port on the host for HTTP, over TCP.</param>
/// <param name="HttpsPort">Port on the host for HTTPS, over TCP and UDP.</param>
/// <param name="Listen"><c>localhost</c> or an IPv4 address of the host, for both ports.</param>
/// <param name="DataVolume">Volume of the database.</param>
/// <param name="MediaVolume">Volume of the uploaded pictures.</param>
/// <param name="Network">Name of the container network.</param>
/// <param name="Subnet">Subnet of the container network in CIDR notation.</param>
/// <param name="Gateway">IP address of the network's gateway; null means the last address of the subnet.</param>
/// <param name="Author">User name of the first author.</param>
/// <param name="SiteUrl">Public URL of the site, for canonical links and feeds; null means the URL of the request.</param>
/// <param name="Contact">Contact links below each post, as <c>Label=URL,Label=URL</c>; null shows none.</param>
internal sealed record SiteOptions(
    string Mode = "development", string? Tls = null, string HostName = "localhost", int HttpPort = 8080, int HttpsPort = 8443, string Listen = "localhost",
    string DataVolume = "boneyard-data", string MediaVolume = "boneyard-media", string Network = "sitenet", string Subnet = "10.11.12.0/24", string? Gateway = null,
    string Author = "author", string? SiteUrl = null, string? Contact = null)
{
    public const string Section = "Site";

    // Each has a static address, which the gateway cannot have.
    private const int Containers = 3;

    public bool IsProduction => Mode is "production";

    public bool HasTls => !"off".Equals(Tls, StringComparison.OrdinalIgnoreCase);

    /// <summary>The static IP address of a container.</summary>
    /// <param name="number">1 for the first address of the subnet.</param>
    public string Address(int number) => ParsedSubnet.Host(number).ToString();

    private IpSubnet ParsedSubnet => IpSubnet.Parse(Subnet);

    /// <exception cref="OptionsValidationException">Keys of the section are unknown, or values are not allowed.</exception>
    public static SiteOptions From(IConfiguration configuration)
    {
        var section = configuration.GetSection(Section);
        // As text, because the binder accepts '80 ' and ignores lists.
        ThrowIfFailed(SiteOption.Validate(section));

        var site = section.Get<SiteOptions>() ?? new();
        site = site with { Tls = NullIfEmpty(site.Tls), Gateway = NullIfEmpty(site.Gateway), SiteUrl = NullIfEmpty(site.SiteUrl), Contact = NullIfEmpty(site.Contact) };
        ThrowIfFailed(site.Validate());
        return site;

        static string? NullIfEmpty(string? text) => text is "" ? null : text;
    }

    private static void ThrowIfFailed(ValidateOptionsResult result)
    {
        if (result.Failed)
        {
            throw new OptionsValidationException(Section, typeof(SiteOptions), result.Failures);
        }
    }

    /// <summary>Refuses values that are allowed one by one but not together.</summary>
    private ValidateOptionsResult Validate() => this switch
    {
        { IsProduction: true, Tls: null } => ValidateOptionsResult.Fail(
            "Option --tls is not set, but production requires it. Use a folder with fullchain.pem and privkey.pem, or off behind a reverse proxy that serves HTTPS."),
        { Tls: null, HostName: not "localhost" } => ValidateOptionsResult.Fail(
            $"Option --host-name is '{HostName}', but the development certificate is valid for localhost only. Set --tls to a folder with a certificate for this name, or to off."),
        { HasTls: true } when HttpsPort == HttpPort => ValidateOptionsResult.Fail(
            $"Options --http-port and --https-port are both '{HttpPort}'. Use a different port for each."),
        _ when MediaVolume == DataVolume => ValidateOptionsResult.Fail(
            $"Options --data-volume and --media-volume are both '{DataVolume}'. Use a different volume for each."),
        _ when GatewayProblem() is { } problem => ValidateOptionsResult.Fail(
            $"Option --gateway is '{Gateway}', but {problem}. Use a free address of the subnet, or omit the option to use the last one."),
        _ => ValidateOptionsResult.Success,
    };

    private string? GatewayProblem() =>
        !IpSubnet.TryParseAddress(Gateway, out var gateway) ? null
        : Enumerable.Range(1, Containers).Any(number => ParsedSubnet.Host(number).Equals(gateway)) ? $"{gateway} is the address of a container"
        : ParsedSubnet.Validate(gateway);
}
