namespace BoneYard.Tests.Infrastructure;

/// <summary>A clock on the wall that a test sets. What is to be done after a while is done all the same.</summary>
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
