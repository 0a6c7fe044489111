using System.Security.Cryptography;

namespace BoneYard.Tests.Infrastructure;

/// <summary>Names that no other test uses, so that tests of one site do not see each other's posts.</summary>
internal static class Unique
{
    // No vowel and no s: no stemming changes such a word, and no language has it.
    private const string Letters = "bcdfghjklmnpqrtvwxz";

    /// <summary>For an address or a tag.</summary>
    public static string Name(string beginning) => $"{beginning}-{Guid.NewGuid().ToString("N")[..16]}";

    /// <summary>For a search.</summary>
    public static string Word() => RandomNumberGenerator.GetString(Letters, 14);
}
