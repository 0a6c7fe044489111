using BoneYard.Telemetry;

namespace BoneYard.Tests.Model;

public sealed class StartTimelineTests
{
    private readonly StartTimeline _timeline = new(["network", "container"]);

    [Fact]
    public void Each_state_until_the_resource_is_ready_is_a_phase()
    {
        Observe("network", "Starting", 0);
        Observe("container", "NotStarted", 0);
        Observe("network", "Running", 1);
        Observe("container", "Starting", 2);
        Observe("container", "Building", 3);
        Observe("container", "Building", 4);
        Observe("network", "Running", 5, isReady: true);
        Observe("container", "Starting", 6);
        Observe("container", "Running", 7);
        Observe("container", "Running", 9, isReady: true);

        Assert.True(_timeline.IsComplete);
        Assert.Equal(
            [
                new("network", "Starting", At(0), At(1)),
                new("network", StartTimeline.BecomingHealthy, At(1), At(5)),
                new("container", "Starting", At(2), At(3)),
                new("container", "Building", At(3), At(6)),
                new("container", "Starting", At(6), At(7)),
                new("container", StartTimeline.BecomingHealthy, At(7), At(9)),
            ],
            _timeline.Phases);
    }

    [Fact]
    public void It_is_complete_only_when_all_are_ready()
    {
        Observe("network", "Running", 1, isReady: true);

        Assert.False(_timeline.IsComplete);
    }

    [Fact]
    public void What_happens_after_a_resource_was_ready_is_not_its_start()
    {
        Observe("network", "Running", 1, isReady: true);
        Observe("network", "Exited", 2);
        Observe("container", "Running", 3, isReady: true);

        Assert.Equal(
            [new("network", StartTimeline.BecomingHealthy, At(1), At(1)), new("container", StartTimeline.BecomingHealthy, At(3), At(3))],
            _timeline.Phases);
    }

    [Fact]
    public void Other_resources_do_not_matter()
    {
        Observe("parameter", "Running", 1, isReady: true);

        Assert.Empty(_timeline.Phases);
    }

    private static DateTimeOffset At(int seconds) => DateTimeOffset.UnixEpoch.AddSeconds(seconds);

    private void Observe(string resource, string state, int seconds, bool isReady = false) => _timeline.Observe(resource, state, isReady, At(seconds));
}
