using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace BoneYard.Tls;

/// <summary>
/// A certificate authority of this user alone, for development: trusted once (<see cref="TrustInstructions"/>), it issues
/// short-lived certificates for the site on this machine.
/// </summary>
/// <param name="folder">The authority is kept in its <c>ca</c>, what it issued in <c>tls</c>.</param>
/// <param name="time">The clock; a test turns it.</param>
internal sealed class DevelopmentAuthority(string folder, TimeProvider time)
{
    public const string CommonName = "BoneYard development CA";

    private const string EllipticCurve = "1.2.840.10045.2.1";

    private static readonly TimeSpan AuthorityLife = TimeSpan.FromDays(3650);
    private static readonly TimeSpan CertificateLife = TimeSpan.FromDays(30);
    private static readonly TimeSpan RenewBefore = TimeSpan.FromDays(10);
    private static readonly TimeSpan ClockSkew = TimeSpan.FromHours(1);
    private static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(10);

    private readonly string _authorityFolder = Path.Combine(folder, "ca");
    private readonly string _issuedFolder = Path.Combine(folder, "tls");

    /// <summary>The authority of the user who runs this.</summary>
    public static DevelopmentAuthority OfUser { get; } = new(
        Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "boneyard"), TimeProvider.System);

    /// <summary>The authority's certificate in PEM: what a browser is to trust.</summary>
    public string CertificateFile => Path.Combine(_authorityFolder, "ca.pem");

    private string KeyFile => Path.Combine(_authorityFolder, "ca.key");

    /// <summary>Creates the authority when there is none.</summary>
    /// <exception cref="DistributedApplicationException">Its files cannot be read or written; the message has the remedy.</exception>
    public void EnsureExists()
    {
        using var turn = TakeTurn();
        using var authority = LoadOrCreate();
    }

    /// <summary>Issues a certificate for the name and for localhost, unless there is one that is good for ten days more.</summary>
    /// <param name="hostName">The name, or the address, under which the site is visited.</param>
    /// <returns>The folder to be mounted.</returns>
    /// <exception cref="DistributedApplicationException">The name is none, or the authority's files cannot be read or written; the message has the remedy.</exception>
    public CertificateFolder IssueFor(string hostName)
    {
        if (Uri.CheckHostName(hostName) is UriHostNameType.Unknown)
        {
            throw new WrongOptionException($"Option host-name is '{hostName}'; allowed is the name or address of a host.");
        }

        using var turn = TakeTurn();
        using var authority = LoadOrCreate();

        if (Now < BeginOf(authority))
        {
            throw new DistributedApplicationException(
                $"The development CA in {_authorityFolder} is not valid before {BeginOf(authority):u}, and this machine's clock says {Now.UtcDateTime:u}. Set the clock right. If it is, remove that folder; a new CA is made at the next start, and has to be trusted anew.");
        }

        var target = Path.Combine(_issuedFolder, hostName);

        return StillGood(target, hostName, authority) ?? Written(() => Issue(target, hostName, authority));
    }

    private CertificateFolder? StillGood(string target, string hostName, X509Certificate2 authority)
    {
        try
        {
            var found = CertificateFolder.Check(target, hostName, Now);
            return found.Chain.Expires - Now >= RenewBefore && found.Chain.Last.Thumbprint == authority.Thumbprint ? found : null;
        }
        catch (WrongOptionException)
        {
            // Whatever is wrong with it: a new one is issued.
            return null;
        }
    }

    private CertificateFolder Issue(string target, string hostName, X509Certificate2 authority)
    {
        // Nginx runs as another user in its container and has to read the key there. That user's number means nothing on the
        // host, so others may read the files and the folder that is mounted; the folder above keeps them from getting there.
        UserFiles.CreateFolder(target, forOthers: true);

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(new X500DistinguishedName($"CN={hostName}"), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1", "server authentication")], critical: false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        request.CertificateExtensions.Add(Names(hostName));

        // No certificate may begin before its issuer does, not even where the clock was set back.
        var from = new[] { Now - ClockSkew, BeginOf(authority) }.Max();
        using var certificate = request.Create(authority, from, Now + CertificateLife, RandomNumberGenerator.GetBytes(16));
        // The key first: a reader who comes in between is refused, not given a certificate without its key.
        UserFiles.Write(Path.Combine(target, CertificateFolder.KeyFile), key.ExportPkcs8PrivateKeyPem(), forOthers: true);
        UserFiles.Write(Path.Combine(target, CertificateFolder.ChainFile), $"{certificate.ExportCertificatePem()}\n{authority.ExportCertificatePem()}\n", forOthers: true);

        return CertificateFolder.Check(target, hostName, Now);
    }

    private static X509Extension Names(string hostName)
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);

        if (IPAddress.TryParse(hostName, out var address))
        {
            names.AddIpAddress(address);
        }
        else if (hostName != "localhost")
        {
            names.AddDnsName(hostName);
        }

        return names.Build();
    }

    private X509Certificate2 LoadOrCreate()
    {
        if (!Path.Exists(CertificateFile))
        {
            return Written(Create);
        }

        var authority = Load();

        if (authority.NotAfter.ToUniversalTime() - Now.UtcDateTime > 2 * CertificateLife)
        {
            return authority;
        }

        authority.Dispose();
        return Written(Create);
    }

    private X509Certificate2 Load()
    {
        try
        {
            var authority = X509Certificate2.CreateFromPemFile(CertificateFile, KeyFile);

            return authority is { PublicKey.Oid.Value: EllipticCurve } && authority.Extensions.OfType<X509BasicConstraintsExtension>().Any(basic => basic.CertificateAuthority)
                ? authority
                : throw new CryptographicException($"{CertificateFile} is none that was made here.");
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            // What is said of a parameter is for programmers.
            var reason = exception is ArgumentException ? $"{KeyFile} is not the key of {CertificateFile}." : exception.Message;
            throw new DistributedApplicationException(
                $"The development CA in {_authorityFolder} cannot be used: {reason} Remove that folder; a new CA is made at the next start, and has to be trusted anew.");
        }
    }

    private T Written<T>(Func<T> write)
    {
        try
        {
            return write();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw NotWritable(exception);
        }
    }

    private X509Certificate2 Create()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var subject = new X500DistinguishedName($"CN={CommonName} ({Environment.UserName} on {Environment.MachineName})");
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));

        var authority = request.CreateSelfSigned(Now - ClockSkew, Now + AuthorityLife);
        UserFiles.Write(KeyFile, key.ExportPkcs8PrivateKeyPem(), forOthers: false);
        UserFiles.Write(CertificateFile, $"{authority.ExportCertificatePem()}\n", forOthers: true);

        return authority;
    }

    private DateTimeOffset Now => time.GetUtcNow();

    // The class hands out local time.
    private static DateTimeOffset BeginOf(X509Certificate2 certificate) => certificate.NotBefore.ToUniversalTime();

    private DistributedApplicationException NotWritable(Exception exception) =>
        new($"User {Environment.UserName} cannot write the certificates of development: {exception.Message} Give the folder back to that user (sudo chown -R {Environment.UserName} {Shell.Quoted(folder)}), make room, or remove what is in the way.");

    /// <summary>Two applications that start at once must not make two authorities.</summary>
    private FileStream TakeTurn() => Written(() =>
    {
        UserFiles.CreateFolder(folder, forOthers: false);
        UserFiles.CreateFolder(_authorityFolder, forOthers: false);
        UserFiles.CreateFolder(_issuedFolder, forOthers: false);
        return Lock(Path.Combine(folder, "lock"));
    });

    private static FileStream Lock(string path)
    {
        for (var waiting = Stopwatch.StartNew(); ; Thread.Sleep(20))
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException exception) when (exception is not DirectoryNotFoundException)
            {
                if (waiting.Elapsed > LockPatience)
                {
                    throw new DistributedApplicationException($"Another process keeps {path} locked for {LockPatience.TotalSeconds} seconds: `fuser {path}` names it. {exception.Message}");
                }
            }
        }
    }
}
