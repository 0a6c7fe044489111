using System.Diagnostics;
using BoneYard.Tests.Infrastructure;

namespace BoneYard.Tests.EndToEnd;

/// <summary>What a killed AppHost leaves behind does not prevent the next start.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class KilledAppHostTests : IAsyncLifetime
{
    private readonly IsolatedResources _own = new();
    private readonly string[] _options;

    public KilledAppHostTests() => _options = AppHostProcess.OptionsWith(_own);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _own.DisposeAsync();

    [Fact]
    public async Task The_next_start_succeeds_while_the_orchestrator_removes_the_containers()
    {
        await using var killed = AppHostProcess.Start(_options);
        await killed.SiteAsync();
        killed.Kill();

        await using var next = AppHostProcess.Start(_options);
        await next.SiteAsync();
        await next.StopAsync();

        Assert.Empty(await _own.LeftAsync());
    }

    [Fact]
    public async Task The_next_start_succeeds_after_the_orchestrator_was_killed_too()
    {
        await using var killed = AppHostProcess.Start(_options);
        await killed.SiteAsync();
        var orchestrators = OrchestratorsOf(killed.Id);
        killed.Kill();
        // Their child process is the dashboard.
        orchestrators.ForEach(orchestrator => orchestrator.Kill(entireProcessTree: true));
        var left = await _own.LeftAsync();

        await using var next = AppHostProcess.Start(_options);
        await next.SiteAsync();
        await next.StopAsync();

        Assert.NotEmpty(left);
        Assert.Empty(await _own.LeftAsync());
    }

    /// <summary>DCP monitors the AppHost, and its helpers monitor DCP: they remove the containers when it ends.</summary>
    private static List<Process> OrchestratorsOf(int appHost)
    {
        var left = Process.GetProcessesByName("dcp").ToList();
        var watched = new Queue<int>([appHost]);
        var found = new List<Process>();

        while (watched.TryDequeue(out var id))
        {
            var watching = left.Where(process => CommandLineOf(process).Contains($"\0--monitor\0{id}\0", StringComparison.Ordinal)).ToArray();
            left.RemoveAll(watching.Contains);
            found.AddRange(watching);
            Array.ForEach(watching, process => watched.Enqueue(process.Id));
        }

        return found;
    }

    private static string CommandLineOf(Process process) =>
        $"/proc/{process.Id}/cmdline" is var file && File.Exists(file) ? File.ReadAllText(file) : "";
}
