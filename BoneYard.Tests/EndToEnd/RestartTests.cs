using BoneYard.Tests.Infrastructure;

namespace BoneYard.Tests.EndToEnd;

public sealed class RestartTests
{
    [Fact]
    public async Task Production_restarts_a_crashed_container_and_the_site_recovers()
    {
        // Not the shared site: DCP stops reading the log of a container that crashes, and other tests read logs.
        await using var site = await Site.StartAsync("--mode=production");
        using var visitor = site.Visit();

        foreach (var resource in (string[])["sitedb", "siteblog", "sitewww"])
        {
            var container = await site.ContainerOfAsync(resource);

            await KillAsync(container);

            // A new word, which is in no cache.
            await visitor.OpenOnceBackAsync($"/search?q={Guid.NewGuid():N}");
            Assert.Equal(container, await site.ContainerOfAsync(resource));
        }
    }

    /// <summary>Kills the first process and waits for the restart.</summary>
    private static async Task KillAsync(string container)
    {
        var (process, restarts) = (await InspectAsync("{{.State.Pid}}"), await InspectAsync("{{.RestartCount}}"));

        // From the host: the first process of a container ignores signals from inside, and the engine does not restart what it kills itself.
        await ContainerEngine.RunAsync("run", "--rm", "--pid", "host", "--privileged", "debian:trixie-slim", "sh", "-c", $"kill -s KILL {process}");

        await Poll.UntilAsync($"a restart of container {container}", async _ => await InspectAsync("{{.RestartCount}}") != restarts);

        Task<string> InspectAsync(string format) => ContainerEngine.RunAsync("inspect", "--format", format, container);
    }
}
