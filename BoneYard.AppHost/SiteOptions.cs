using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace BoneYard;

/// <summary>What may be said of the site from outside: in appsettings, the environment (<c>Site__HttpPort</c>) or the command line (<c>--Site:HttpPort=80</c>).</summary>
/// <param name="HttpPort">The port of the front door on the host, 1 to 65535.</param>
/// <param name="DataVolume">The volume that keeps the database.</param>
/// <param name="MediaVolume">The volume that keeps uploaded pictures; the blog writes it, Nginx reads it.</param>
internal sealed record SiteOptions(int HttpPort, string DataVolume, string MediaVolume)
{
    /// <exception cref="WrongOptionException">A value is not allowed; the message names option, value and remedy.</exception>
    public static SiteOptions From(IConfiguration configuration)
    {
        var section = configuration.GetSection("Site");

        return new(
            Port("HttpPort", 8080),
            Volume("DataVolume", "boneyard-data"),
            Volume("MediaVolume", "boneyard-media"));

        int Port(string name, int byDefault) => section[name] switch
        {
            null => byDefault,
            var text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= 65535 => port,
            var text => throw new WrongOptionException($"Option Site:{name} is '{text}'; allowed is a port, 1 to 65535."),
        };

        string Volume(string name, string byDefault) => section[name] switch
        {
            null => byDefault,
            { Length: > 1 } text when char.IsAsciiLetterOrDigit(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') => text,
            var text => throw new WrongOptionException($"Option Site:{name} is '{text}'; allowed is the name of a volume: letters, digits, '-', '_' and '.', the first a letter or digit."),
        };
    }
}
