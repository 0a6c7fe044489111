using BoneYard.Tests.Infrastructure;

namespace BoneYard.Tests.EndToEnd;

public sealed class RestartTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task In_production_a_container_that_dies_is_started_again_and_the_site_is_back()
    {
        // Of its own: DCP does not follow the log of a container beyond its death, and others look at logs.
        await using var site = await Site.StartAsync("--mode=production");
        using var visitor = site.Visit();

        foreach (var resource in (string[])["sitedb", "siteblog", "sitewww"])
        {
            var container = await site.ContainerOfAsync(resource);

            await KillAsync(container);

            // A word that nobody looked for yet: no cache may help.
            await visitor.OpenOnceBackAsync($"/search?q={Guid.NewGuid():N}");
            Assert.Equal(container, await site.ContainerOfAsync(resource));
        }
    }

    /// <summary>Until it is running again.</summary>
    private static async Task KillAsync(string container)
    {
        var (process, restarts) = (await InspectAsync("{{.State.Pid}}"), await InspectAsync("{{.RestartCount}}"));
        using var patience = new CancellationTokenSource(Patience);

        // From outside: its first process cannot be killed from inside, and the engine would take a kill of its own as the end.
        await ContainerEngine.RunAsync("run", "--rm", "--pid", "host", "--privileged", "debian:trixie-slim", "sh", "-c", $"kill -s KILL {process}");

        while (await InspectAsync("{{.RestartCount}}") == restarts)
        {
            await Task.Delay(100, patience.Token);
        }

        Task<string> InspectAsync(string format) => ContainerEngine.RunAsync("inspect", "--format", format, container);
    }
}
