namespace BoneYard;

/// <summary>For commands in messages that somebody is to paste.</summary>
internal static class Shell
{
    /// <returns>The text as one word of a POSIX shell.</returns>
    public static string Quoted(string text) => $"'{text.Replace("'", @"'\''", StringComparison.Ordinal)}'";
}
