using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace BoneYard.Tls;

/// <summary>Verifies the certificates of <c>fullchain.pem</c>: the server's own first, then each issuer; the root is optional.</summary>
internal static class CertificateChain
{
    // Dates are checked with better messages, and only visitors know which roots they trust.
    private const X509ChainStatusFlags Tolerated = X509ChainStatusFlags.NotTimeValid | X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.UntrustedRoot;

    /// <returns>What is wrong and the remedy; null if visitors of the host can accept the chain.</returns>
    public static string? ProblemOf(X509Certificate2Collection chain, string hostName, DateTimeOffset now) =>
        ProblemOfOrder(chain) ?? chain.Select(ProblemOfKeySize).OfType<string>().FirstOrDefault()
        ?? ProblemOfName(chain[0], hostName) ?? chain.Select(certificate => ProblemOfDates(certificate, now)).OfType<string>().FirstOrDefault();

    /// <summary>The chain that .NET builds from these certificates alone has to be the one in the file.</summary>
    private static string? ProblemOfOrder(X509Certificate2Collection certificates)
    {
        using var chain = new X509Chain { ChainPolicy = { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true, TrustMode = X509ChainTrustMode.CustomRootTrust } };
        chain.ChainPolicy.CustomTrustStore.AddRange(certificates.Where(IsSelfSigned).ToArray());
        chain.ChainPolicy.ExtraStore.AddRange(certificates);
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid("1.3.6.1.5.5.7.3.1", "server authentication"));
        chain.Build(certificates[0]);

        for (var i = 1; i < certificates.Count; i++)
        {
            if (i >= chain.ChainElements.Count || !chain.ChainElements[i].Certificate.Equals(certificates[i]))
            {
                return $"is out of order: certificate {i + 1} ({certificates[i].Subject}) did not issue certificate {i} ({certificates[i - 1].Subject}, issued by {certificates[i - 1].Issuer}). Put the server's certificate first, then each issuer, and nothing else.";
            }
        }

        return certificates.Count == 1 && !IsSelfSigned(certificates[0])
            ? $"is incomplete: {certificates[0].Issuer}, the issuer of {certificates[0].Subject}, is missing. Append the certificates of the issuers."
            : chain.ChainStatus.Where(status => (status.Status & ~Tolerated) != 0)
                .Select(status => $"cannot be served: certificate chain verification failed: {status.StatusInformation.Trim().TrimEnd('.')}. Request a server certificate.")
                .FirstOrDefault();
    }

    /// <summary>OpenSSL refuses shorter keys at security level 2, the default of Debian.</summary>
    private static string? ProblemOfKeySize(X509Certificate2 certificate)
    {
        using var key = certificate.GetRSAPublicKey();
        return key is { KeySize: < 2048 and var bits } ? $"has an RSA key that is too short: {certificate.Subject} has {bits} bits, the minimum is 2048. Request a certificate for a longer key." : null;
    }

    private static string? ProblemOfName(X509Certificate2 certificate, string hostName)
    {
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>()
            .SelectMany(extension => extension.EnumerateDnsNames().Concat(extension.EnumerateIPAddresses().Select(address => $"{address}")));
        return certificate.MatchesHostname(hostName, allowWildcards: true, allowCommonName: false) ? null
            : $"does not cover the host '{hostName}', but {string.Join(", ", names.DefaultIfEmpty("no name at all"))}. Set --host-name to a covered name, or request a certificate for '{hostName}'.";
    }

    private static string? ProblemOfDates(X509Certificate2 certificate, DateTimeOffset now)
    {
        var (from, until) = (certificate.NotBefore.ToUniversalTime(), certificate.NotAfter.ToUniversalTime());
        return now > until ? $"has expired: {certificate.Subject} was valid until {until:u}. Renew it."
            : now < from ? $"is not valid yet: {certificate.Subject} is valid from {from:u}. Wait, or correct this machine's clock; it shows {now.UtcDateTime:u}."
            : null;
    }

    private static bool IsSelfSigned(X509Certificate2 certificate) => certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData);
}
