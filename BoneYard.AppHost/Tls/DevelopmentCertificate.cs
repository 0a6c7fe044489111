using System.Collections.Immutable;
using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;

namespace BoneYard.Tls;

/// <summary>
/// The ASP.NET Core development certificate of this user, created if it does not exist. Aspire's own service ignores a certificate that the
/// user has not trusted: DCP then generates RSA keys at each start, and the dashboard shows an error.
/// </summary>
internal sealed class DevelopmentCertificate(ILogger<DevelopmentCertificate> logger) : IDeveloperCertificateService
{
    // The extension by which `dotnet dev-certs` recognises its certificates.
    private const string Marker = "1.3.6.1.4.1.311.84.1.1";

    private static readonly Lock s_creation = new();

    private readonly Lazy<ImmutableList<X509Certificate2>> _certificates = new(() => FindOrCreate(logger));

    /// <summary>One certificate; none if it cannot be created, for the reason in the log.</summary>
    public ImmutableList<X509Certificate2> Certificates => _certificates.Value;

    // Aspire copies the certificate only into a container that asks for it: a read-only one could not take it.
    public bool UseForHttps => false;
    public bool TrustCertificate => false;
    public bool SupportsContainerTrust => false;

    /// <returns>The valid certificate that expires last; null if the store has no valid one.</returns>
    /// <exception cref="CryptographicException">The user's certificate store cannot be read.</exception>
    public static X509Certificate2? Find()
    {
        using var store = new X509Store(StoreName.My, StoreLocation.CurrentUser, OpenFlags.ReadOnly);
        return store.Certificates
            .Where(certificate => certificate.HasPrivateKey && certificate.Extensions.Any(extension => extension.Oid?.Value == Marker))
            .Where(certificate => certificate.NotBefore <= DateTime.Now && DateTime.Now < certificate.NotAfter)
            .MaxBy(certificate => certificate.NotAfter);
    }

    private static ImmutableList<X509Certificate2> FindOrCreate(ILogger logger)
    {
        try
        {
            // Several applications in one process, as in tests, share one certificate.
            lock (s_creation)
            {
                return [Find() ?? Create()];
            }
        }
        catch (Exception exception) when (exception is CryptographicException or Win32Exception or InvalidOperationException)
        {
            logger.LogWarning("The ASP.NET Core development certificate cannot be created: {Reason}", exception.Message);
            return [];
        }
    }

    private static X509Certificate2 Create()
    {
        using var tool = Process.Start(new ProcessStartInfo("dotnet", ["dev-certs", "https"]) { RedirectStandardOutput = true })!;
        var output = tool.StandardOutput.ReadToEnd().Trim();
        tool.WaitForExit();
        return Find() ?? throw new InvalidOperationException($"`dotnet dev-certs https` exited with code {tool.ExitCode}. {output}");
    }
}
