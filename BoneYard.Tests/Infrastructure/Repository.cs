namespace BoneYard.Tests.Infrastructure;

/// <summary>The files that the tests were built from, and where they leave what a person may want to look at.</summary>
internal static class Repository
{
    private static readonly string s_root = Path.GetFullPath(Path.Combine(Projects.BoneYard_AppHost.ProjectPath, ".."));

    public static string PathOf(params string[] parts) => Path.Combine([s_root, .. parts]);
}
