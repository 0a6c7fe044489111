namespace BoneYard;

/// <summary>Quotes values for shell commands in messages.</summary>
internal static class Shell
{
    /// <returns>The text as one word of a POSIX shell.</returns>
    public static string Quoted(string text) => $"'{text.Replace("'", @"'\''", StringComparison.Ordinal)}'";
}
