using System.Security.Cryptography;

namespace BoneYard.Tests.Infrastructure;

/// <summary>Unique names, so that tests of a shared site do not see each other's posts.</summary>
internal static class Unique
{
    // Without vowels and s: stemming does not change such a word, and no language has it.
    private const string Letters = "bcdfghjklmnpqrtvwxz";

    /// <summary>A name for a URL or a tag.</summary>
    public static string Name(string prefix) => $"{prefix}-{Guid.NewGuid().ToString("N")[..16]}";

    /// <summary>A word to search for.</summary>
    public static string Word() => RandomNumberGenerator.GetString(Letters, 14);
}
