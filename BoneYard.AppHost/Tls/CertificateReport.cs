using System.Globalization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BoneYard.Tls;

/// <summary>
/// On the page of a resource: which certificate it has and until when; and in its log a warning when that is soon. Both follow the
/// files, which may be replaced while the site runs, and the days that go by.
/// </summary>
/// <param name="warns">Whether somebody has to do something when the end is near.</param>
internal sealed class CertificateReport(
    IResource resource, CertificateFolder folder, string hostName, bool warns,
    ResourceNotificationService notifications, ResourceLoggerService loggers) : BackgroundService
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(5);

    private (string Thumbprint, string? Warning)? _shown;

    /// <summary>Whatever was shown before: for a container that is new.</summary>
    public async Task ShowAsync()
    {
        _shown = null;
        await ShowIfChangedAsync();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            await Task.Delay(s_interval, stoppingToken);
            await ShowIfChangedAsync();
        }
    }

    private async Task ShowIfChangedAsync()
    {
        var (certificates, warning) = Look();
        var now = (certificates.Chain.Server.Thumbprint, warning);

        if (_shown == now)
        {
            return;
        }

        _shown = now;

        if (warning is not null)
        {
            loggers.GetLogger(resource).LogWarning("{Warning}", warning);
        }

        await notifications.PublishUpdateAsync(resource, snapshot => snapshot with
        {
            Properties =
            [
                .. snapshot.Properties.Where(property => !property.Name.StartsWith("tls.", StringComparison.Ordinal)),
                Property("tls.certificate", "Certificate", certificates.Path),
                Property("tls.subject", "Certificate subject", certificates.Chain.Server.Subject),
                Property("tls.expires", "Certificate expires", certificates.Chain.Expires.ToString("u", CultureInfo.InvariantCulture)),
                .. warning is null ? Array.Empty<ResourcePropertySnapshot>() : [Property("tls.warning", "Certificate warning", warning)],
            ],
        });

        static ResourcePropertySnapshot Property(string name, string displayName, string value) => new(name, value) { DisplayName = displayName, IsHighlighted = true };
    }

    /// <summary>What Nginx has: what is in the folder, or, while that is not good, what was there before.</summary>
    private (CertificateFolder Certificates, string? Warning) Look()
    {
        try
        {
            folder = CertificateFolder.Check(folder.Path, hostName, DateTimeOffset.UtcNow);
            return (folder, warns ? folder.WarningOfEnd(folder.Chain.Expires, DateTimeOffset.UtcNow) : null);
        }
        catch (WrongOptionException problem)
        {
            return (folder, problem.Message);
        }
    }
}
