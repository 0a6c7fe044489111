using System.Globalization;
using BoneYard.Networking;

namespace BoneYard;

/// <summary>Reads the end of a resource's log.</summary>
internal sealed class ContainerLogs(ResourceLoggerService loggers, IContainerRuntime runtime)
{
    private const int Lines = 20;

    /// <returns>The last 20 lines, without repetitions and stack traces.</returns>
    public async Task<IReadOnlyList<string>> LastLinesAsync(ResourceEvent failure)
    {
        var lines = new List<string>();

        await foreach (var batch in loggers.GetAllAsync(failure.Resource))
        {
            lines.AddRange(batch.SelectMany(line => line.Content.Split('\n')));
        }

        // The orchestrator may have come too late to follow the log of a container that exited at once.
        if (failure.Snapshot.Properties.FirstOrDefault(property => property.Name == "container.id")?.Value is string container)
        {
            var log = await runtime.RunAsync(["logs", "--tail", $"{Lines}", container], CancellationToken.None);
            lines.AddRange($"{log.Output}\n{log.Error}".Split('\n', StringSplitOptions.RemoveEmptyEntries));
        }

        return [.. lines.Where(line => !line.StartsWith("   at ", StringComparison.Ordinal)).DistinctBy(WithoutTime).TakeLast(Lines)];
    }

    private static string WithoutTime(string line) =>
        line.IndexOf(' ', StringComparison.Ordinal) is > 0 and var space && DateTimeOffset.TryParse(line.AsSpan(0, space), CultureInfo.InvariantCulture, out _) ? line[(space + 1)..] : line;
}
