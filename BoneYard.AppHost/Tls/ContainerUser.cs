using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;

namespace BoneYard.Tls;

/// <summary>As whom Nginx runs in its container, and what the host's files keep from that user.</summary>
[SupportedOSPlatform("linux")]
internal static class ContainerUser
{
    /// <summary>The number of the user and of the group, as <c>containers/site_www/stage/Dockerfile</c> has it.</summary>
    public const int Number = 10001;

    // Where engines that give the users of containers other numbers on the host begin (subuid(5)).
    private const int FirstSubordinate = 100_000;

    public static bool CannotRead(string file) => IsDenied(file, UnixFileMode.OtherRead);

    public static bool CannotEnter(string folder) => IsDenied(folder, UnixFileMode.OtherExecute);

    /// <summary>Whether it is certain: what the mode does not tell, the container finds out.</summary>
    private static bool IsDenied(string path, UnixFileMode right)
    {
        var mode = File.GetUnixFileMode(path);

        // The right of the group and of the owner are the same bit further up.
        if (mode.HasFlag(right) || Owners(path) is not var (owner, group))
        {
            return false;
        }

        return !(owner >= FirstSubordinate || group >= FirstSubordinate
            || owner == Number && mode.HasFlag((UnixFileMode)((int)right << 6))
            || group == Number && mode.HasFlag((UnixFileMode)((int)right << 3)));
    }

    /// <summary>.NET knows modes, but no owners.</summary>
    /// <returns>null where an access control list, marked with a plus, may say otherwise, or where nobody can tell.</returns>
    private static (long Owner, long Group)? Owners(string path)
    {
        try
        {
            using var ls = Process.Start(new ProcessStartInfo("ls", ["-ldn", "--", path]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var fields = ls.StandardOutput.ReadToEnd().Split(' ', StringSplitOptions.RemoveEmptyEntries);
            ls.WaitForExit();

            return fields is [var mode, _, var owner, var group, ..] && !mode.EndsWith('+')
                ? (long.Parse(owner, CultureInfo.InvariantCulture), long.Parse(group, CultureInfo.InvariantCulture))
                : null;
        }
        catch (Exception exception) when (exception is Win32Exception or FormatException)
        {
            return null;
        }
    }
}
