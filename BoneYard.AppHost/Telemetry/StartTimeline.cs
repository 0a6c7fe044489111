namespace BoneYard.Telemetry;

/// <summary>A state of a resource during its start.</summary>
internal sealed record StartPhase(string Resource, string State, DateTimeOffset From, DateTimeOffset Until);

/// <summary>Records when each resource enters a state, until all resources are ready.</summary>
internal sealed class StartTimeline(IEnumerable<string> resources)
{
    /// <summary>The last phase: the resource runs, and its health checks do not pass yet.</summary>
    public const string BecomingHealthy = "BecomingHealthy";

    private readonly HashSet<string> _starting = [.. resources];
    private readonly List<StartPhase> _phases = [];

    public bool IsComplete => _starting.Count == 0;

    /// <summary>All phases, ordered by their start.</summary>
    public IReadOnlyList<StartPhase> Phases => _phases;

    /// <param name="isReady">Whether the resource runs and is healthy. Later states are ignored.</param>
    public void Observe(string resource, string? state, bool isReady, DateTimeOffset at)
    {
        if (state is null || state == KnownResourceStates.NotStarted || !_starting.Contains(resource))
        {
            return;
        }

        var name = state == KnownResourceStates.Running ? BecomingHealthy : state;
        var last = _phases.FindLastIndex(phase => phase.Resource == resource);

        if (last >= 0)
        {
            _phases[last] = _phases[last] with { Until = at };
        }

        if (last < 0 || _phases[last].State != name)
        {
            _phases.Add(new(resource, name, at, at));
        }

        if (isReady)
        {
            _starting.Remove(resource);
        }
    }
}
