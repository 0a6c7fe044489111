using System.Runtime.CompilerServices;

namespace BoneYard.Tests.Infrastructure;

/// <summary>The tests have a development authority of their own: the one that a person trusts is none of theirs.</summary>
internal static class UserFolder
{
    [ModuleInitializer]
    internal static void BeAnothers()
    {
        var folder = Directory.CreateTempSubdirectory("boneyard-test-user-").FullName;
        // Where .NET looks for what programs keep for a user; processes that a test starts do so too.
        Environment.SetEnvironmentVariable("XDG_DATA_HOME", folder);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
    }
}
