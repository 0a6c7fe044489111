namespace BoneYard.Tests.Infrastructure;

/// <summary>A clock whose time a test sets. Timers use real time.</summary>
internal sealed class Clock : TimeProvider
{
    private long _ticks = new DateTimeOffset(2030, 6, 15, 12, 0, 0, TimeSpan.Zero).Ticks;

    public DateTimeOffset Now
    {
        get => new(Interlocked.Read(ref _ticks), TimeSpan.Zero);
        set => Interlocked.Exchange(ref _ticks, value.UtcTicks);
    }

    public override DateTimeOffset GetUtcNow() => Now;
}
