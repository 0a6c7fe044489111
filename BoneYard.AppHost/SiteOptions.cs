using BoneYard.Networking;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace BoneYard;

/// <summary>
/// The site options, from section <c>Site</c> of the configuration: <c>--http-port=80</c> on the command line, <c>Site__HttpPort</c>
/// in the environment, <c>Site:HttpPort</c> in appsettings.json and user secrets. <see cref="SiteOption.All"/> describes each; null means
/// not set.
/// </summary>
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
        ThrowIfAny([.. section.GetChildren().Select(SiteOption.ErrorOf).OfType<string>()]);

        var site = section.Get<SiteOptions>() ?? new();
        site = site with
        {
            Tls = NullIfEmpty(site.Tls), Gateway = NullIfEmpty(site.Gateway), SiteUrl = NullIfEmpty(site.SiteUrl), Contact = NullIfEmpty(site.Contact),
        };
        ThrowIfAny(site.Contradiction() is { } contradiction ? [contradiction] : []);
        return site;

        static string? NullIfEmpty(string? text) => text is "" ? null : text;

        static void ThrowIfAny(string[] errors)
        {
            if (errors is not [])
            {
                throw new OptionsValidationException(Section, typeof(SiteOptions), errors);
            }
        }
    }

    /// <returns>The error for values that are allowed one by one but not together; otherwise null.</returns>
    private string? Contradiction() => this switch
    {
        { IsProduction: true, Tls: null } =>
            "Option --tls is not set, but production requires it. Use a folder with fullchain.pem and privkey.pem, or off behind a reverse proxy that serves HTTPS.",
        { Tls: null, HostName: not "localhost" } =>
            $"Option --host-name is '{HostName}', but the development certificate is valid for localhost only. "
            + "Set --tls to a folder with a certificate for this name, or to off.",
        { HasTls: true } when HttpsPort == HttpPort => $"Options --http-port and --https-port are both '{HttpPort}'. Use a different port for each.",
        _ when MediaVolume == DataVolume => $"Options --data-volume and --media-volume are both '{DataVolume}'. Use a different volume for each.",
        _ when GatewayProblem() is { } problem =>
            $"Option --gateway is '{Gateway}', but {problem}. Use a free address of the subnet, or omit the option to use the last one.",
        _ => null,
    };

    private string? GatewayProblem() =>
        !IpSubnet.TryParseAddress(Gateway, out var gateway) ? null
        : Enumerable.Range(1, Containers).Any(number => ParsedSubnet.Host(number).Equals(gateway)) ? $"{gateway} is the address of a container"
        : ParsedSubnet.Validate(gateway);
}
