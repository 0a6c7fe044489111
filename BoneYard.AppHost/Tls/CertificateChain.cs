using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace BoneYard.Tls;

/// <summary>The certificates of one PEM file: the server's own first, then each one's issuer. A self-signed root may be left out.</summary>
internal sealed class CertificateChain
{
    private const string Begin = "-----BEGIN CERTIFICATE-----";

    private const X509ChainStatusFlags Unfit =
        X509ChainStatusFlags.InvalidBasicConstraints | X509ChainStatusFlags.NotValidForUsage | X509ChainStatusFlags.HasNotSupportedCriticalExtension
        | X509ChainStatusFlags.InvalidNameConstraints | X509ChainStatusFlags.HasExcludedNameConstraint | X509ChainStatusFlags.HasNotPermittedNameConstraint;

    private static readonly Oid s_serverAuthentication = new("1.3.6.1.5.5.7.3.1");

    private readonly X509Certificate2Collection _certificates;

    private CertificateChain(X509Certificate2Collection certificates) => _certificates = certificates;

    public X509Certificate2 Server => _certificates[0];

    public X509Certificate2 Last => _certificates[^1];

    /// <summary>The names and addresses that the server's certificate covers; a name may begin with <c>*.</c>.</summary>
    public IReadOnlyList<string> Names =>
    [
        .. Server.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(extension =>
            extension.EnumerateDnsNames().Concat(extension.EnumerateIPAddresses().Select(address => address.ToString()))),
    ];

    /// <summary>When the first of the certificates expires, UTC.</summary>
    public DateTimeOffset Expires => _certificates.Min(certificate => Utc(certificate.NotAfter));

    /// <exception cref="CryptographicException">There is no certificate in the text, or one that cannot be read.</exception>
    public static CertificateChain Parse(string pem)
    {
        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPem(pem);

        if (certificates.Count == 0)
        {
            var remedy = pem.Contains("PRIVATE KEY-----", StringComparison.Ordinal) ? ", but a private key: have the two files changed places?" : "";
            throw new CryptographicException($"there is no `{Begin}` in it{remedy}");
        }

        return Pem.Count(pem, Begin) is var blocks && blocks == certificates.Count
            ? new(certificates)
            : throw new CryptographicException($"it has {blocks} certificates, but only {certificates.Count} can be read: a part may be missing");
    }

    /// <summary>What keeps a server from using the chain, and the remedy; the first is the one to be mended first.</summary>
    /// <param name="publicKey">The subject public key info that belongs to the private key.</param>
    public IEnumerable<string> Problems(byte[] publicKey, string hostName, DateTimeOffset now) =>
        new[] { ProblemOfKey(publicKey), ProblemOfChain(), ProblemOfEnd(), ProblemOfStrength(), ProblemOfNames(hostName), ProblemOfDates(now) }.OfType<string>();

    private string? ProblemOfKey(byte[] publicKey)
    {
        var owner = _certificates.ToList().FindIndex(certificate => certificate.PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(publicKey));

        return owner switch
        {
            0 => null,
            > 0 => $"is out of order: the key belongs to certificate {owner + 1} ({_certificates[owner].Subject}). Put that one first, then each one's issuer.",
            _ => $"does not match the key: it was issued for another one. Put the key there with which {Server.Subject} was requested.",
        };
    }

    /// <summary>
    /// Builds the chain from these certificates alone, which checks signatures as well as names: it has to come out as it stands in
    /// the file, and fit for a server.
    /// </summary>
    private string? ProblemOfChain()
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.CustomTrustStore.AddRange(_certificates.Where(IsSelfSigned).ToArray());
        chain.ChainPolicy.ExtraStore.AddRange(_certificates);
        chain.ChainPolicy.ApplicationPolicy.Add(s_serverAuthentication);
        chain.Build(Server);

        for (var i = 1; i < _certificates.Count; i++)
        {
            var linked = i < chain.ChainElements.Count
                && chain.ChainElements[i].Certificate.RawDataMemory.Span.SequenceEqual(_certificates[i].RawDataMemory.Span)
                && !chain.ChainElements[i - 1].ChainElementStatus.Any(status => status.Status.HasFlag(X509ChainStatusFlags.NotSignatureValid));

            if (!linked)
            {
                return $"is out of order: certificate {i + 1} ({_certificates[i].Subject}) did not issue certificate {i} ({_certificates[i - 1].Subject}, issued by {_certificates[i - 1].Issuer}). Put the server's first, then each one's issuer, and nothing else.";
            }
        }

        return chain.ChainStatus.Where(status => (status.Status & Unfit) != 0)
            .Select(status => $"would be refused by browsers: {status.StatusInformation.Trim().TrimEnd('.')}. Have it issued for a server, by an authority that may.")
            .FirstOrDefault();
    }

    /// <summary>
    /// What may keep visitors from trusting the chain, and when that is no matter. No refusal: a root of one's own may be left out,
    /// and where it is, nobody here can tell it from an issuer that was forgotten.
    /// </summary>
    public string? WarningOfIssuer() => IsSelfSigned(Last) || LeadsToTrustedRoot()
        ? null
        : $"ends with {Last.Subject}, whose issuer, {Last.Issuer}, is no root that this machine trusts. Visitors who lack it get no page: append its certificate. Where it is a root of your own that they trust, ignore this.";

    /// <summary>
    /// A server's certificate alone is complete when a root issued it. Roots that are trusted everywhere are known to this
    /// machine; others have to be in the file. After an intermediate one, a root may be left out.
    /// </summary>
    private string? ProblemOfEnd() => _certificates.Count > 1 || IsSelfSigned(Server) || LeadsToTrustedRoot()
        ? null
        : $"is incomplete: {Server.Issuer}, the issuer of {Server.Subject}, is missing. Append the certificates of the issuers, as the authority hands them out.";

    /// <summary>By the certificates in the file: an intermediate one that only this machine's user happens to have helps no visitor.</summary>
    private bool LeadsToTrustedRoot()
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ExtraStore.AddRange(_certificates);
        chain.Build(Server);

        return !chain.ChainStatus.Any(status => (status.Status & (X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.UntrustedRoot)) != 0)
            && chain.ChainElements.Skip(1).SkipLast(1).All(element => _certificates.Contains(element.Certificate));
    }

    /// <summary>Nginx's library refuses keys with less than 112 bits of security (OpenSSL's security level 2, which is Debian's).</summary>
    private string? ProblemOfStrength()
    {
        foreach (var certificate in _certificates)
        {
            using var key = certificate.GetRSAPublicKey();

            if (key is { KeySize: < 2048 and var bits })
            {
                return $"has too short a key for Nginx: that of {certificate.Subject} has {bits} bits, and RSA takes 2048 at least. Have it issued for a longer one.";
            }
        }

        return null;
    }

    private string? ProblemOfNames(string hostName) => Server.MatchesHostname(hostName, allowWildcards: true, allowCommonName: false)
        ? null
        : $"does not cover the host '{hostName}', but {(Names is [] ? "no name at all" : string.Join(", ", Names))}. Set host-name to a name that it covers, or have one issued for '{hostName}'.";

    private string? ProblemOfDates(DateTimeOffset now)
    {
        foreach (var certificate in _certificates)
        {
            if (now > Utc(certificate.NotAfter))
            {
                return $"has expired: {certificate.Subject} was valid until {Text(certificate.NotAfter)}. Renew it.";
            }

            if (now < Utc(certificate.NotBefore))
            {
                return $"is not valid yet: {certificate.Subject} will be from {Text(certificate.NotBefore)}. Wait, or set this machine's clock right; it says {now.UtcDateTime.ToString("u", CultureInfo.InvariantCulture)}.";
            }
        }

        return null;

        static string Text(DateTime date) => Utc(date).ToString("u", CultureInfo.InvariantCulture);
    }

    private static bool IsSelfSigned(X509Certificate2 certificate) => certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData);

    // The class hands out local time.
    private static DateTimeOffset Utc(DateTime date) => new(date.ToUniversalTime());
}
