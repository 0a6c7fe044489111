using BoneYard.Networking;

namespace BoneYard.Tests.Infrastructure;

/// <summary>A container runtime that records its commands and returns prepared results; by default, a network is not found.</summary>
internal sealed class FakeRuntime(string name = "docker") : IContainerRuntime
{
    private readonly Dictionary<string, Queue<RuntimeResult>> _results = [];

    public string Name { get; } = name;

    /// <summary>The commands in order, their arguments separated by |.</summary>
    public List<string> Commands { get; } = [];

    /// <param name="results">Returned in turn; the last one is repeated.</param>
    public FakeRuntime On(string command, params RuntimeResult[] results)
    {
        _results[command] = new(results);
        return this;
    }

    /// <summary>The command succeeds with this output.</summary>
    public FakeRuntime On(string command, string output) => On(command, new RuntimeResult(0, output, ""));

    /// <summary>The command fails with this error.</summary>
    public FakeRuntime OnError(string command, string error) => On(command, new RuntimeResult(1, "", error));

    public Task<RuntimeResult> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var command = string.Join('|', arguments);
        Commands.Add(command);

        return Task.FromResult(
            !_results.TryGetValue(command, out var results) ? new RuntimeResult(1, "", "Error response from daemon: network not found")
            : results.Count > 1 ? results.Dequeue() : results.Peek());
    }
}
