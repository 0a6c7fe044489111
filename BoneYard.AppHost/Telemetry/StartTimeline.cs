namespace BoneYard.Telemetry;

/// <summary>A state of a resource during its start.</summary>
internal sealed record StartPhase(string Resource, string State, DateTimeOffset From, DateTimeOffset Until);

/// <summary>Records when each resource enters a state, until all resources are ready.</summary>
internal sealed class StartTimeline(IEnumerable<string> resources)
{
    /// <summary>The last phase: the resource runs, and its health checks do not pass yet.</summary>
    public const string BecomingHealthy = "BecomingHealthy";

    private readonly Dictionary<string, List<(string State, DateTimeOffset At)>> _states = resources.ToDictionary(name => name, _ => new List<(string, DateTimeOffset)>());
    private readonly Dictionary<string, DateTimeOffset> _ready = [];

    public bool IsComplete => _ready.Count == _states.Count;

    /// <summary>All phases, ordered by their start.</summary>
    public IReadOnlyList<StartPhase> Phases => [.. _states.SelectMany(entry => PhasesOf(entry.Key, entry.Value)).OrderBy(phase => phase.From)];

    /// <param name="isReady">Whether the resource runs and is healthy. Later states are ignored.</param>
    public void Observe(string resource, string? state, bool isReady, DateTimeOffset at)
    {
        if (state is null || state == KnownResourceStates.NotStarted || !_states.TryGetValue(resource, out var states) || _ready.ContainsKey(resource))
        {
            return;
        }

        if (states.LastOrDefault().State != state)
        {
            states.Add((state, at));
        }

        if (isReady)
        {
            _ready[resource] = at;
        }
    }

    private IEnumerable<StartPhase> PhasesOf(string resource, List<(string State, DateTimeOffset At)> states) => _ready.TryGetValue(resource, out var ready)
        ? states.Zip([.. states.Skip(1).Select(next => next.At), ready], (state, until) =>
            new StartPhase(resource, state.State == KnownResourceStates.Running ? BecomingHealthy : state.State, state.At, until))
        : [];
}
