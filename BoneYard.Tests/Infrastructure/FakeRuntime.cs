using BoneYard.Networking;

namespace BoneYard.Tests.Infrastructure;

/// <summary>A container runtime that remembers what it was asked and answers what it was told to; anything else is not found.</summary>
internal sealed class FakeRuntime(string name = "docker") : IContainerRuntime
{
    private readonly Dictionary<string, Queue<RuntimeResult>> _answers = [];

    public string Name { get; } = name;

    public List<string> Asked { get; } = [];

    /// <summary>Answers in turn; the last one again and again.</summary>
    public FakeRuntime Answer(string command, params RuntimeResult[] results)
    {
        _answers[command] = new(results);
        return this;
    }

    public Task<RuntimeResult> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var command = string.Join('|', arguments);
        Asked.Add(command);

        return Task.FromResult(
            !_answers.TryGetValue(command, out var answers) ? new RuntimeResult(1, "", "Error response from daemon: network not found")
            : answers.Count > 1 ? answers.Dequeue() : answers.Peek());
    }
}
