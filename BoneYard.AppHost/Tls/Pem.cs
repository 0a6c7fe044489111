using System.Security.Cryptography;
using System.Text;

namespace BoneYard.Tls;

/// <summary>Files in PEM, as strict as Nginx's library reads them: .NET passes over what that one stumbles at.</summary>
internal static class Pem
{
    private const string Begin = "-----BEGIN ";
    private const string End = "-----END ";

    /// <returns>The text; what is not ASCII in it stands outside of the blocks.</returns>
    /// <exception cref="CryptographicException">A block in it would be overlooked, or has no end.</exception>
    public static string Read(string file)
    {
        // Byte by byte: a byte order mark has to stay.
        var text = Encoding.Latin1.GetString(File.ReadAllBytes(file));

        if (text.Contains('\0', StringComparison.Ordinal))
        {
            throw new CryptographicException("it is no text of ASCII: save it as such, or as UTF-8 (UTF-16 is what PowerShell's > writes; DER is another format)");
        }

        var lines = text.Split('\n').Select(line => line.TrimEnd()).ToArray();
        var begins = lines.Count(line => line.StartsWith(Begin, StringComparison.Ordinal));

        if (Count(text, Begin) != begins || lines.Any(line => line.Contains('\r', StringComparison.Ordinal)))
        {
            throw new CryptographicException($"`{Begin}…` has to stand at the beginning of a line: take away what is before it, be it spaces or a byte order mark, and end lines with a line feed");
        }

        return lines.Count(line => line.StartsWith(End, StringComparison.Ordinal) && line.EndsWith("-----", StringComparison.Ordinal)) == begins
            ? text
            : throw new CryptographicException($"a block in it has no beginning or no end: {begins} times `{Begin}…`, but not as often `{End}…`");
    }

    /// <returns>How often it occurs.</returns>
    public static int Count(string text, string part) => text.Split(part).Length - 1;
}
