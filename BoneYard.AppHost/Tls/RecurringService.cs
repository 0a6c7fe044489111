using Microsoft.Extensions.Hosting;

namespace BoneYard.Tls;

/// <summary>Work that is done again and again for as long as the application runs, whatever goes wrong with it.</summary>
/// <param name="interval">Before each time.</param>
internal abstract class RecurringService(TimeSpan interval) : BackgroundService
{
    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            // The end is no failure, not even that of an application that is disposed of without being stopped.
            await Task.Delay(interval, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

            if (stoppingToken.IsCancellationRequested)
            {
                return;
            }

            try
            {
                await RunOnceAsync(stoppingToken);
            }
            catch (Exception exception)
            {
                if (!stoppingToken.IsCancellationRequested)
                {
                    Complain(exception);
                }
            }
        }
    }

    protected abstract Task RunOnceAsync(CancellationToken stoppingToken);

    /// <summary>Says what went wrong. The site runs on, and there is a next time.</summary>
    protected abstract void Complain(Exception exception);
}
