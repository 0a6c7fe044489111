using System.Globalization;
using Microsoft.Extensions.Logging;

namespace BoneYard.Tls;

/// <summary>
/// On the page of a resource: which certificate it serves and until when; and there and in its log a warning when that is soon, or
/// when it does not serve what is in the folder. Both follow the handshake and the files, which may be replaced while the site
/// runs, and the days that go by.
/// </summary>
/// <param name="https">Where it serves.</param>
/// <param name="hostName">The name under which visitors come.</param>
/// <param name="warns">Whether somebody has to do something when the end is near.</param>
/// <param name="interval">Between two looks.</param>
internal sealed class CertificateReport(
    IResource resource, EndpointReference https, CertificateFolder folder, string hostName, bool warns, TimeSpan interval,
    ResourceNotificationService notifications, ResourceLoggerService loggers) : RecurringService(interval)
{
    /// <summary>Nginx looks once a second. What is as it should be so many looks later is nothing to be warned of.</summary>
    private const int LooksToWait = 3;

    private readonly IReadOnlyList<LinkedFolder> _mounted = folder.LinkedFolders;

    // Of the present container.
    private ServedCertificate? _served;
    private string? _failure;
    private int _failures;
    private int _looksBehind;
    private (ServedCertificate Certificate, string Warning)? _shown;

    /// <summary>Whatever was shown before: for a container that is new.</summary>
    public async Task ShowAsync()
    {
        Forget();
        _shown = null;
        await ShowIfChangedAsync();
    }

    protected override async Task RunOnceAsync(CancellationToken stoppingToken)
    {
        await ShakeHandsAsync(stoppingToken);
        await ShowIfChangedAsync();
    }

    protected override void Complain(Exception exception) => loggers.GetLogger(resource).LogError(exception, "The certificate could not be shown");

    private async Task ShakeHandsAsync(CancellationToken cancellationToken)
    {
        if (!IsRunning || !https.IsAllocated)
        {
            Forget();
            return;
        }

        try
        {
            _served = await ServedCertificate.LookAsync(https.Host, https.Port, hostName, cancellationToken);
            _failures = 0;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            _failure = exception.Message;
            _failures++;
        }
    }

    private bool IsRunning =>
        notifications.TryGetCurrentState(resource.Name, out var current) && current.Snapshot.State?.Text == KnownResourceStates.Running;

    private void Forget() => (_served, _failures, _looksBehind) = (null, 0, 0);

    private async Task ShowIfChangedAsync()
    {
        var (certificate, warnings) = Look(DateTimeOffset.UtcNow);
        var warning = string.Join(' ', warnings);

        if (_shown == (certificate, warning))
        {
            return;
        }

        _shown = (certificate, warning);

        if (warning.Length > 0)
        {
            loggers.GetLogger(resource).LogWarning("{Warning}", warning);
        }

        await notifications.PublishUpdateAsync(resource, snapshot => snapshot with
        {
            Properties =
            [
                .. snapshot.Properties.Where(property => !property.Name.StartsWith("tls.", StringComparison.Ordinal)),
                Property("tls.certificate", "Certificate", folder.Path),
                Property("tls.subject", "Certificate subject", certificate.Subject),
                Property("tls.expires", "Certificate expires", certificate.Expires.ToString("u", CultureInfo.InvariantCulture)),
                .. warning.Length == 0 ? Array.Empty<ResourcePropertySnapshot>() : [Property("tls.warning", "Certificate warning", warning)],
            ],
        });

        static ResourcePropertySnapshot Property(string name, string displayName, string value) => new(name, value) { DisplayName = displayName, IsHighlighted = true };
    }

    /// <summary>What visitors get; before the first of them can come, what is in the folder or was there while it was good.</summary>
    private (ServedCertificate Certificate, IReadOnlyList<string> Warnings) Look(DateTimeOffset now)
    {
        var problem = ProblemOfFolder(now);
        var inFolder = new ServedCertificate(folder.Chain.Server.Thumbprint, folder.Chain.Server.Subject, folder.Chain.Expires);
        var certificate = _served ?? inFolder;
        _looksBehind = problem is null && certificate.Thumbprint != inFolder.Thumbprint ? _looksBehind + 1 : 0;

        string?[] warnings =
        [
            problem ?? WarningOfLinks() ?? (warns ? folder.WarningOfIssuer() : null),
            _looksBehind > LooksToWait ? WarningOfAnother(certificate) : null,
            _failures > LooksToWait ? $"No visitor gets in at {https.Url}: {_failure}" : null,
            warns ? folder.WarningOfEnd(certificate.Expires, now) : null,
        ];

        return (certificate, [.. warnings.OfType<string>()]);
    }

    private string? ProblemOfFolder(DateTimeOffset now)
    {
        try
        {
            folder = CertificateFolder.Check(folder.Path, hostName, now);
            return null;
        }
        catch (Exception problem)
        {
            // Whatever it is, the site runs on with what it has.
            return problem is WrongOptionException ? problem.Message : $"{folder.Path} could not be looked at: {problem.Message}";
        }
    }

    private string? WarningOfLinks() => folder.LinkedFolders.FirstOrDefault(linked => !_mounted.Contains(linked)) is { } linked
        ? $"Links in {folder.Path} now lead to {linked.Source}, which the container does not have. End the site and start it again."
        : null;

    private string WarningOfAnother(ServedCertificate served) => string.Create(
        CultureInfo.InvariantCulture,
        $"{resource.Name} serves another certificate than the one in {folder.Path}: {served.Subject}, until {served.Expires:u}. Its log says why if it refused the new one. If the folder itself was replaced, or a link to it set anew, restart {resource.Name} from the dashboard: a container keeps the folder with which it started.");
}
