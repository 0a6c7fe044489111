using System.Globalization;

namespace BoneYard;

/// <summary>One thing that may be said of the site from outside: what it is called, what it is when nobody says, and what it may be.</summary>
/// <param name="Name">On the command line, without the leading <c>--</c>: <c>http-port</c>.</param>
/// <param name="Default">As somebody would have written it; empty means "not set".</param>
/// <param name="Allowed">In words, for errors and for <c>--help</c>.</param>
/// <param name="IsAllowed">Whether a value is what the words say.</param>
internal sealed record SiteOption(string Name, string Default, string Allowed, Func<string, bool> IsAllowed)
{
    public const string Section = "Site";

    /// <summary>In appsettings and, with <c>__</c> for the colon, in the environment: <c>Site:HttpPort</c>.</summary>
    public string ConfigurationKey => $"{Section}:{string.Concat(Name.Split('-').Select(word => char.ToUpperInvariant(word[0]) + word[1..]))}";

    public static SiteOption Choice(string name, string byDefault, params string[] choices) =>
        new(name, byDefault, string.Join(" or ", choices), choices.Contains);

    public static SiteOption Port(string name, int byDefault) => new(
        name,
        byDefault.ToString(CultureInfo.InvariantCulture),
        "a port, 1 to 65535",
        text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= 65535);

    public static SiteOption Volume(string name, string byDefault) => new(
        name,
        byDefault,
        "the name of a volume: two or more letters, digits, '-', '_' and '.', the first a letter or digit",
        text => text.Length > 1 && char.IsAsciiLetterOrDigit(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'));

    public static SiteOption Text(string name, string byDefault, string allowed) => new(name, byDefault, allowed, _ => true);
}
