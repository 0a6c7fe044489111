using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BoneYard.Tls;

/// <summary>Renews the development certificate while the application runs, be it for weeks. Nginx sees the new files by itself.</summary>
/// <param name="interval">
/// How often the clock on the wall is looked at. Often: a timer does not count the time that a laptop sleeps, and there is nothing
/// to be done as a rule.
/// </param>
internal sealed class CertificateRenewal(DevelopmentAuthority authority, string hostName, TimeSpan interval, ILogger<CertificateRenewal> logger) : BackgroundService
{
    private string? _complaint;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
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
                authority.IssueFor(hostName);
                _complaint = null;
            }
            catch (Exception exception)
            {
                // The site goes on with the certificate it has, whatever the reason; there are days left to try again.
                if (_complaint != exception.Message)
                {
                    logger.LogError(exception, "The development certificate for {HostName} was not renewed", hostName);
                }

                _complaint = exception.Message;
            }
        }
    }
}
