namespace BoneYard.Telemetry;

/// <summary>What a resource did on its way to being ready, and how long.</summary>
internal sealed record StartPhase(string Resource, string State, DateTimeOffset From, DateTimeOffset Until);

/// <summary>Notes when each resource enters a state, until all of them are ready for the first time.</summary>
internal sealed class StartTimeline(IEnumerable<string> resources)
{
    /// <summary>The last phase: it runs, but its health checks do not agree yet.</summary>
    public const string BecomingHealthy = "BecomingHealthy";

    private readonly Dictionary<string, List<(string State, DateTimeOffset At)>> _states = resources.ToDictionary(name => name, _ => new List<(string, DateTimeOffset)>());
    private readonly Dictionary<string, DateTimeOffset> _ready = [];

    public bool IsComplete => _ready.Count == _states.Count;

    /// <summary>In the order in which they began.</summary>
    public IReadOnlyList<StartPhase> Phases => [.. _states.SelectMany(entry => PhasesOf(entry.Key, entry.Value)).OrderBy(phase => phase.From)];

    /// <param name="isReady">Whether it runs and is healthy. What happens to it after that is no longer its start.</param>
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
