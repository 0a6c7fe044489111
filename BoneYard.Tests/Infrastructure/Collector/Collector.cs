using System.Text.Json;

namespace BoneYard.Tests.Infrastructure;

/// <summary>One step of a trace, as it arrived.</summary>
/// <param name="Service">Whose it is.</param>
/// <param name="Parent">The id of the step that it is a part of.</param>
/// <param name="Kind">What OTLP calls it: SPAN_KIND_SERVER, SPAN_KIND_CLIENT.</param>
internal sealed record Span(string Service, string Trace, string Id, string Parent, string Kind, string Name);

/// <summary>
/// Where the blog's traces go while there is no dashboard: a container on the site's network, for not every container engine lets a
/// container reach the host.
/// </summary>
internal sealed class Collector : IAsyncDisposable
{
    private const string HostName = "collector";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly string _container = Unique.Name(HostName);

    /// <summary>Tells the blog of a collector that is to be started when the site runs; what it traces before that is lost.</summary>
    public static void Announce(IDistributedApplicationTestingBuilder builder) =>
        builder.CreateResourceBuilder(builder.Resources.OfType<ContainerResource>().Single(resource => resource.Name == "siteblog"))
            .WithEnvironment("OTEL_EXPORTER_OTLP_ENDPOINT", $"http://{HostName}:4318")
            .WithEnvironment("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf");

    public static async Task<Collector> StartAsync(Site site)
    {
        var collector = new Collector();
        var image = await ContainerEngine.RunAsync("inspect", "--format", "{{.Image}}", await site.ContainerOfAsync("siteblog"));
        var source = await File.ReadAllTextAsync(Repository.PathOf("BoneYard.Tests", "Infrastructure", "Collector", "collector.py"));
        await ContainerEngine.RunAsync(
            "run", "--detach", "--name", collector._container, "--network", site.Network, "--network-alias", HostName, image, "python3", "-c", source);
        using var patience = new CancellationTokenSource(Patience);

        // Its first line says that it listens.
        while (await collector.LogAsync() is [])
        {
            await Task.Delay(100, patience.Token);
        }

        return collector;
    }

    /// <summary>Waits until what has arrived of a trace is enough.</summary>
    public async Task<IReadOnlyList<Span>> WaitForTraceAsync(string trace, Func<IReadOnlyList<Span>, bool> isEnough)
    {
        using var patience = new CancellationTokenSource(Patience);
        Span[] arrived = [];

        while (!patience.IsCancellationRequested)
        {
            arrived = [.. (await LogAsync()).Skip(1).Select(line => JsonSerializer.Deserialize<Span>(line, JsonSerializerOptions.Web)!)];
            Span[] spans = [.. arrived.Where(span => span.Trace == trace)];

            if (isEnough(spans))
            {
                return spans;
            }

            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        throw new TimeoutException($"Trace {trace} has not arrived within {Patience}. What has:{Environment.NewLine}{string.Join<Span>(Environment.NewLine, arrived.TakeLast(20))}");
    }

    private Task<string[]> LogAsync() => ContainerEngine.ListAsync("logs", _container);

    public async ValueTask DisposeAsync() => await ContainerEngine.RunAsync("rm", "--force", _container);
}
