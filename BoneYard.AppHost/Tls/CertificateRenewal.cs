using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BoneYard.Tls;

/// <summary>Renews the development certificate while the application runs, be it for weeks. Nginx sees the new files by itself.</summary>
internal sealed class CertificateRenewal(DevelopmentAuthority authority, string hostName, ILogger<CertificateRenewal> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(6);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval);
        // The end is no failure: a disposed timer says that there is no next tick.
        await using var stop = stoppingToken.Register(timer.Dispose);

        while (await timer.WaitForNextTickAsync(CancellationToken.None))
        {
            try
            {
                authority.IssueFor(hostName);
            }
            catch (Exception exception) when (exception is DistributedApplicationException or IOException or UnauthorizedAccessException)
            {
                // The site goes on with the certificate it has; there are days left to try again.
                logger.LogError(exception, "The development certificate for {HostName} was not renewed", hostName);
            }
        }
    }
}
