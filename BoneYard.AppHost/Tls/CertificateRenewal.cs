using Microsoft.Extensions.Logging;

namespace BoneYard.Tls;

/// <summary>Renews the development certificate while the application runs, be it for weeks. Nginx sees the new files by itself.</summary>
/// <param name="interval">
/// How often the clock on the wall is looked at. Often: a timer does not count the time that a laptop sleeps, and there is nothing
/// to be done as a rule.
/// </param>
internal sealed class CertificateRenewal(DevelopmentAuthority authority, string hostName, TimeSpan interval, ILogger<CertificateRenewal> logger) : RecurringService(interval)
{
    private string? _complaint;

    protected override Task RunOnceAsync(CancellationToken stoppingToken)
    {
        authority.IssueFor(hostName);
        _complaint = null;
        return Task.CompletedTask;
    }

    /// <summary>Once: the site goes on with the certificate it has, and there are days left to try again.</summary>
    protected override void Complain(Exception exception)
    {
        if (_complaint != exception.Message)
        {
            logger.LogError(exception, "The development certificate for {HostName} was not renewed", hostName);
        }

        _complaint = exception.Message;
    }
}
