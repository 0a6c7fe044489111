using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace BoneYard.Tls;

/// <summary>
/// Shows the certificate that a resource serves. Degraded if it expires soon, or if its folder holds another one or an unusable one;
/// unhealthy if there is no TLS handshake.
/// </summary>
/// <param name="hostName">The name for which visitors ask (SNI).</param>
/// <param name="folder">Where the certificate comes from, absolute; null means the development certificate.</param>
internal sealed class CertificateHealthCheck(EndpointReference https, string hostName, string? folder, ResourceNotificationService notifications) : IHealthCheck
{
    // Nginx serves new files after about two seconds.
    private static readonly TimeSpan s_reloadTime = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_warnBefore = TimeSpan.FromDays(30);

    // Visitors are served: a warning must not keep a resource that starts from becoming healthy.
    private bool HasBeenHealthy =>
        notifications.TryGetCurrentState(https.Resource.Name, out var current) && current.Snapshot.HealthStatus is HealthStatus.Healthy or HealthStatus.Degraded;

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            var served = await HandshakeAsync(cancellationToken);
            var (warning, canWarn) = (WarningOf(served), HasBeenHealthy);

            if (warning is not null && canWarn)
            {
                await Task.Delay(s_reloadTime, cancellationToken);
                served = await HandshakeAsync(cancellationToken);
                warning = WarningOf(served);
            }

            var origin = folder is null ? "Browsers accept this development certificate after `dotnet dev-certs https --trust`." : $"From {folder}.";
            return new(warning is null || !canWarn ? HealthStatus.Healthy : HealthStatus.Degraded, $"{served.Subject}, valid until {served.NotAfter.ToUniversalTime():u}. {warning ?? origin}");
        }
        catch (Exception exception) when (exception is IOException or SocketException or AuthenticationException)
        {
            return HealthCheckResult.Unhealthy($"TLS handshake failed at {https.Url}: {exception.Message}");
        }
    }

    private string? WarningOf(X509Certificate2 served)
    {
        try
        {
            var left = served.NotAfter.ToUniversalTime() - DateTime.UtcNow;
            return folder is null ? null
                : !served.Equals(CertificateFolder.Check(folder, hostName, DateTimeOffset.UtcNow))
                    ? $"{folder} holds another certificate. The log of {https.Resource.Name} shows why it is not served; if the folder itself was replaced, restart {https.Resource.Name}."
                : left < s_warnBefore ? $"It expires in {left.TotalDays:0} days. Renew it in {folder}: the new one is served without a restart."
                : null;
        }
        catch (WrongOptionException refusal)
        {
            return refusal.Message;
        }
    }

    private async Task<X509Certificate2> HandshakeAsync(CancellationToken cancellationToken)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(https.Host, https.Port, cancellationToken);
        // The certificate is shown and no data is sent: whether this machine trusts it does not matter.
        await using var stream = new SslStream(client.GetStream(), leaveInnerStreamOpen: false, (_, _, _, _) => true);
        var policy = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        // A resumed session shows the certificate of an earlier day.
        await stream.AuthenticateAsClientAsync(new() { TargetHost = hostName, AllowTlsResume = false, CertificateChainPolicy = policy }, cancellationToken);
        return new(stream.RemoteCertificate!);
    }
}
