using System.Diagnostics;

namespace BoneYard.Tests.Infrastructure;

/// <summary>Runs the Aspire CLI, the local tool of this repository.</summary>
internal static class AspireCli
{
    private static readonly Lazy<Task> s_restored = new(() => RunDotnetAsync("tool", "restore"));

    /// <summary>Runs a command that needs to know which AppHost is meant.</summary>
    public static Task<string> RunOnAppHostAsync(params string[] arguments) =>
        RunAsync([.. arguments, "--apphost", Repository.PathOf("BoneYard.AppHost", "BoneYard.AppHost.csproj")]);

    /// <returns>The output.</returns>
    public static async Task<string> RunAsync(params string[] arguments)
    {
        await s_restored.Value;
        return await RunDotnetAsync(["aspire", .. arguments, "--nologo", "--non-interactive"]);
    }

    private static Task<string> RunDotnetAsync(params string[] arguments) => Command.RunAsync(new("dotnet", arguments)
    {
        WorkingDirectory = Repository.PathOf(),
        Environment = { ["ASPIRE_CLI_TELEMETRY_OPTOUT"] = "true", ["NO_COLOR"] = "1", ["COLUMNS"] = "400" },
    });
}
