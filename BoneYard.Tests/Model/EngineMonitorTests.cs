using BoneYard.Networking;
using BoneYard.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace BoneYard.Tests.Model;

public sealed class EngineMonitorTests
{
    private const string Version = "version|--format|{{.Server.Version}}";

    private static readonly RuntimeResult s_success = new(0, "26.1.5", "");
    private static readonly RuntimeResult s_failure = new(1, "", "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?");

    [Fact]
    public async Task An_engine_that_stops_ends_the_application_with_the_words_of_the_engine()
    {
        var runtime = new FakeRuntime().On(Version, s_success, s_failure);

        var exception = await Assert.ThrowsAsync<DistributedApplicationException>(() => RunAsync(runtime));

        Assert.Equal($"The container engine (docker) stopped: {s_failure.Error} Start it, then start the site again.", exception.Message);
        Assert.Equal(4, runtime.Commands.Count);
    }

    [Fact]
    public async Task An_engine_that_restarts_does_not_end_the_application()
    {
        var runtime = new FakeRuntime().On(Version, s_failure, s_failure, s_success, s_failure, s_failure, s_success, s_failure);

        await Assert.ThrowsAsync<DistributedApplicationException>(() => RunAsync(runtime));

        // Six commands and three failures in a row.
        Assert.Equal(9, runtime.Commands.Count);
    }

    private static async Task RunAsync(FakeRuntime runtime)
    {
        using var host = Host.CreateEmptyApplicationBuilder(new()).Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        using var monitor = new EngineMonitor(runtime, host.Services.GetRequiredService<IHostApplicationLifetime>(), TimeSpan.FromMilliseconds(10));
        await monitor.StartAsync(TestContext.Current.CancellationToken);
        await monitor.ExecuteTask!.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
    }
}
