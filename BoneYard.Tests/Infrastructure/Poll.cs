namespace BoneYard.Tests.Infrastructure;

/// <summary>Waits for what takes a moment.</summary>
internal static class Poll
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(100);

    /// <summary>Repeats a probe until it returns a value.</summary>
    /// <param name="subject">What the test waits for, for the error message.</param>
    /// <param name="probe">Returns null to be repeated. Its token is cancelled after the timeout.</param>
    /// <param name="timeout">One minute by default.</param>
    /// <exception cref="TimeoutException">The probe returned no value in time.</exception>
    public static async Task<T> ForAsync<T>(string subject, Func<CancellationToken, Task<T?>> probe, TimeSpan? timeout = null) where T : class
    {
        var limit = timeout ?? TimeSpan.FromMinutes(1);
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        cancellation.CancelAfter(limit);

        try
        {
            while (true)
            {
                if (await probe(cancellation.Token) is { } value)
                {
                    return value;
                }

                await Task.Delay(s_interval, cancellation.Token);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested && !TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"{subject}: not within {limit}.");
        }
    }

    /// <summary>Repeats a condition until it holds.</summary>
    /// <inheritdoc cref="ForAsync"/>
    public static Task UntilAsync(string subject, Func<CancellationToken, Task<bool>> condition, TimeSpan? timeout = null) =>
        ForAsync(subject, async cancellationToken => await condition(cancellationToken) ? subject : null, timeout);
}
