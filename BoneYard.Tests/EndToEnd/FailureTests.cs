using BoneYard.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;

namespace BoneYard.Tests.EndToEnd;

public sealed class FailureTests
{
    [Fact]
    public async Task Container_that_exits_during_the_start_is_reported_with_its_log()
    {
        await using var own = new IsolatedResources();
        // A volume with the files of another program.
        await ContainerEngine.RunAsync("run", "--rm", "--volume", $"{own.DataVolume}:/volume", "debian:trixie-slim", "touch", "/volume/letter");

        var (exitCode, error, _) = await AppHostProcess.RunAsync(AppHostProcess.OptionsWith(own));

        Assert.Equal(1, exitCode);
        Assert.StartsWith("error: 'sitedb' could not be started. The end of its log:", error, StringComparison.Ordinal);
        Assert.Contains("is not writable by user postgres", error, StringComparison.Ordinal);
        Assert.DoesNotContain(own.Network, await ContainerEngine.ListAsync("network", "ls", "--format", "{{.Name}}"));
    }

    [Fact]
    public async Task Container_that_exits_after_the_start_is_reported()
    {
        await using var own = new IsolatedResources();
        await using var host = AppHostProcess.StartWith(own);
        await host.SiteAsync();
        var front = (await ContainerEngine.ListAsync("ps", "--filter", $"network={own.Network}", "--format", "{{.Names}}")).Single(name => name.StartsWith("sitewww-", StringComparison.Ordinal));

        await ContainerEngine.RunAsync("kill", front);

        Assert.Equal("'sitewww' exited with code 137. See its console log in the dashboard, where it can be started again.", await host.ExitedAsync());
        await host.StopAsync();
    }

    [Fact]
    public async Task Failed_image_build_is_reported_with_its_log()
    {
        var folder = Directory.CreateTempSubdirectory("boneyard-test-");
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "Dockerfile"), "FROM debian:trixie-slim\nRUN echo the-last-words && false\n", TestContext.Current.CancellationToken);

        await using var builder = await Site.CreateBuilderAsync();
        // The test needs no other resource.
        foreach (var resource in builder.Resources.ToArray())
        {
            builder.Resources.Remove(resource);
        }

        var broken = builder.AddDockerfile("broken", folder.FullName).Resource;

        await using var application = await builder.BuildAsync(TestContext.Current.CancellationToken);
        await application.StartAsync(TestContext.Current.CancellationToken);
        using var timeout = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var state = await application.ResourceNotifications.WaitForResourceAsync("broken", [KnownResourceStates.FailedToStart, KnownResourceStates.Running], timeout.Token);
        await Poll.UntilAsync(
            "the output of the build in the log",
            async cancellationToken => (await application.Services.GetRequiredService<ResourceLoggerService>().GetAllAsync(broken).ToListAsync(cancellationToken))
                .Any(batch => batch.Any(line => line.Content.Contains("the-last-words", StringComparison.Ordinal))));

        Assert.Equal(KnownResourceStates.FailedToStart, state);
        folder.Delete(recursive: true);
    }
}
