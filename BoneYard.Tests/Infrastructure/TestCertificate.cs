using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace BoneYard.Tests.Infrastructure;

/// <summary>A certificate and its key, made for a test; it can issue others.</summary>
internal sealed record TestCertificate(X509Certificate2 Certificate, AsymmetricAlgorithm Key)
{
    /// <summary>To the second, as certificates have it.</summary>
    public static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.UtcNow.ToUnixTimeSeconds());

    public string Pem => Certificate.ExportCertificatePem() + "\n";

    public string KeyPem => Key.ExportPkcs8PrivateKeyPem() + "\n";

    public static TestCertificate Root(string name = "Root") => Create(name, issuer: null, isAuthority: true, [], Now.AddYears(-1), Now.AddYears(5));

    /// <param name="until">Days after now; negative is in the past.</param>
    public TestCertificate Intermediate(string name = "Intermediate", int until = 730) => Create(name, this, isAuthority: true, [], Now.AddMonths(-6), Now.AddDays(until));

    /// <param name="from">Days before now; negative is in the future.</param>
    /// <param name="until">Days after now; negative is in the past.</param>
    public TestCertificate Server(string[]? names = null, int from = 10, int until = 60) =>
        Create("server", this, isAuthority: false, names ?? ["localhost"], Now.AddDays(-from), Now.AddDays(until));

    public TestCertificate RsaServer(int bits = 2048) => Create("server", this, isAuthority: false, ["localhost"], Now.AddDays(-10), Now.AddDays(60), RSA.Create(bits));

    public TestCertificate ServerWith(X509Extension extension) =>
        Create("server", this, isAuthority: false, ["localhost"], Now.AddDays(-10), Now.AddDays(60), rsa: null, extension);

    /// <summary>Writes a folder as <c>--tls</c> takes it: this certificate, then its issuers, and a key.</summary>
    /// <param name="keyPem">null takes this certificate's own.</param>
    /// <param name="keyIsClosed">Whether Nginx's own user cannot read it; the AppHost's always can.</param>
    public void WriteTo(TemporaryFolder folder, TestCertificate[] issuers, string? keyPem = null, bool keyIsClosed = false)
    {
        // At once and readable for Nginx's own user, as what renews a certificate has to do it.
        Write("privkey.pem", keyPem ?? KeyPem, keyIsClosed);
        Write("fullchain.pem", string.Concat([Pem, .. issuers.Select(issuer => issuer.Pem)]), isClosed: false);

        void Write(string name, string content, bool isClosed)
        {
            File.WriteAllText(folder[$"{name}.new"], content);

            if (isClosed && !OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(folder[$"{name}.new"], UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }

            File.Move(folder[$"{name}.new"], folder[name], overwrite: true);
        }
    }

    public static TestCertificate SelfSigned(string[] names, DateTimeOffset from, DateTimeOffset until) => Create("self", issuer: null, isAuthority: false, names, from, until);

    private static TestCertificate Create(string name, TestCertificate? issuer, bool isAuthority, string[] names, DateTimeOffset from, DateTimeOffset until, RSA? rsa = null, params X509Extension[] extensions)
    {
        var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = rsa is null
            ? new CertificateRequest($"CN={name}", ecdsa, HashAlgorithmName.SHA256)
            : new CertificateRequest($"CN={name}", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));

        Array.ForEach(extensions, request.CertificateExtensions.Add);

        if (names is not [])
        {
            var alternatives = new SubjectAlternativeNameBuilder();

            foreach (var alternative in names)
            {
                if (IPAddress.TryParse(alternative, out var address))
                {
                    alternatives.AddIpAddress(address);
                }
                else
                {
                    alternatives.AddDnsName(alternative);
                }
            }

            request.CertificateExtensions.Add(alternatives.Build());
        }

        if (issuer is null)
        {
            return new(request.CreateSelfSigned(from, until), rsa ?? (AsymmetricAlgorithm)ecdsa);
        }

        var signature = X509SignatureGenerator.CreateForECDsa((ECDsa)issuer.Key);
        var certificate = request.Create(issuer.Certificate.SubjectName, signature, from, until, RandomNumberGenerator.GetBytes(8));
        return rsa is null ? new(certificate.CopyWithPrivateKey(ecdsa), ecdsa) : new(certificate.CopyWithPrivateKey(rsa), rsa);
    }
}
