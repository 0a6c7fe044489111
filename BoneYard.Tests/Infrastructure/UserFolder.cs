using System.Runtime.CompilerServices;

namespace BoneYard.Tests.Infrastructure;

/// <summary>Keeps the tests out of the user's application data.</summary>
internal static class UserFolder
{
    [ModuleInitializer]
    internal static void UseTemporaryFolder()
    {
        var folder = Directory.CreateTempSubdirectory("boneyard-test-user-").FullName;
        // Child processes inherit it.
        Environment.SetEnvironmentVariable("XDG_DATA_HOME", folder);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
    }
}
