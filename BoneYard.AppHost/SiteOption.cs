using System.Globalization;

namespace BoneYard;

/// <summary>One thing that may be said of the site from outside: what it is called, what it is when nobody says, and what it may be.</summary>
/// <param name="Name">On the command line, without the leading <c>--</c>: <c>http-port</c>.</param>
/// <param name="Default">As somebody would have written it; empty means "not set".</param>
/// <param name="Purpose">What it is for, in words, for <c>--help</c>.</param>
/// <param name="Allowed">What it may be, in words, for errors and for <c>--help</c>.</param>
/// <param name="IsAllowed">Whether a value is what the words say.</param>
internal sealed record SiteOption(string Name, string Default, string Purpose, string Allowed, Func<string, bool> IsAllowed)
{
    public const string Section = "Site";

    /// <summary>In appsettings and, with <c>__</c> for the colon, in the environment: <c>Site:HttpPort</c>.</summary>
    public string ConfigurationKey => $"{Section}:{string.Concat(Name.Split('-').Select(word => char.ToUpperInvariant(word[0]) + word[1..]))}";

    /// <summary>What the words of a person at the command line mean elsewhere: there a path begins where that person stands.</summary>
    public Func<string, string> FromCommandLine { get; init; } = text => text;

    public static SiteOption Choice(string name, string byDefault, string purpose, params string[] choices) =>
        new(name, byDefault, purpose, string.Join(" or ", choices), choices.Contains);

    public static SiteOption Port(string name, int byDefault, string purpose) => new(
        name,
        byDefault.ToString(CultureInfo.InvariantCulture),
        purpose,
        "a port, 1 to 65535",
        text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= 65535);

    public static SiteOption Volume(string name, string byDefault, string purpose) => new(
        name,
        byDefault,
        purpose,
        "the name of a volume: two or more letters, digits, '-', '_' and '.', the first a letter or digit",
        IsNameForEngines);

    public static SiteOption Network(string name, string byDefault, string purpose) => new(
        name,
        byDefault,
        purpose,
        "the name of a container network: two or more letters, digits, '-', '_' and '.', the first a letter or digit; bridge, default, host and none are the engine's own",
        text => IsNameForEngines(text) && text is not ("bridge" or "default" or "host" or "none"));

    public static SiteOption Host(string name, string byDefault, string purpose) => new(
        name,
        byDefault,
        purpose,
        "the name or address of a host, in ASCII, without scheme and port: site.example or 10.11.12.3",
        text => text.All(char.IsAscii) && !text.StartsWith('[') && !text.Contains('%', StringComparison.Ordinal) && Uri.CheckHostName(text) is not UriHostNameType.Unknown);

    private static bool IsNameForEngines(string text) =>
        text.Length > 1 && char.IsAsciiLetterOrDigit(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
}
