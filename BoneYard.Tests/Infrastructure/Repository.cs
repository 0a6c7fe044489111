namespace BoneYard.Tests.Infrastructure;

/// <summary>The folder of the sources, where tests also save their results.</summary>
internal static class Repository
{
    private static readonly string s_root = Path.GetFullPath(Path.Combine(Projects.BoneYard_AppHost.ProjectPath, ".."));

    public static string PathOf(params string[] parts) => Path.Combine([s_root, .. parts]);
}
