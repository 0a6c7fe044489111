using System.Security.Cryptography.X509Certificates;
using BoneYard.Tls;

namespace BoneYard.Tests.Infrastructure;

/// <summary>A running site that serves HTTPS.</summary>
public abstract class CertifiedSite : IAsyncLifetime
{
    private Site? _site;

    internal Site Site => _site ?? throw new InvalidOperationException("The site is not running.");

    /// <summary>The certificate that visitors have to trust.</summary>
    internal abstract X509Certificate2 Root { get; }

    /// <summary>The thumbprints of the certificates that the site serves, in their order.</summary>
    internal abstract IReadOnlyList<string> Chain { get; }

    protected abstract string[] Options { get; }

    public async ValueTask InitializeAsync() => _site = await Site.StartAsync(Options);

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);

        if (_site is not null)
        {
            await _site.DisposeAsync();
        }
    }
}

/// <summary>Development without a given certificate: the site serves the ASP.NET Core development certificate.</summary>
public sealed class SiteWithDevelopmentCertificate : CertifiedSite
{
    internal override X509Certificate2 Root => DevelopmentCertificate.Find() ?? throw new InvalidOperationException("There is no development certificate.");

    internal override IReadOnlyList<string> Chain => [Root.Thumbprint];

    protected override string[] Options => ["--mode=development", "--tls="];
}

/// <summary>Production with a chain of the server's certificate and an intermediate one below a private root.</summary>
public sealed class SiteWithGivenChain : CertifiedSite
{
    private readonly TestCertificate _root = TestCertificate.Root();
    private readonly TestCertificate _intermediate;
    private readonly TemporaryFolder _folder = new();
    private readonly TemporaryFolder _before = new();

    public SiteWithGivenChain()
    {
        _intermediate = _root.Intermediate();
        Put(_intermediate.Server());
        _folder.OpenToContainers();
    }

    internal override X509Certificate2 Root => _root.Certificate;

    internal override IReadOnlyList<string> Chain
    {
        get
        {
            var chain = new X509Certificate2Collection();
            chain.ImportFromPemFile(Path.Combine(Folder, "fullchain.pem"));
            return [.. chain.Select(certificate => certificate.Thumbprint)];
        }
    }

    /// <summary>The folder that is mounted.</summary>
    internal string Folder => _folder.Path;

    protected override string[] Options => ["--mode=production", $"--tls={Folder}"];

    /// <summary>Replaces the certificate.</summary>
    /// <param name="names">None means localhost.</param>
    /// <returns>The thumbprint of the new one.</returns>
    public string Renew(params string[] names) => Put(_intermediate.Server(names is [] ? null : names));

    /// <summary>Replaces the certificate by one that expires soon.</summary>
    public string RenewUntil(int days) => Put(_intermediate.Server(until: days));

    /// <summary>Replaces the certificate by one with an RSA key.</summary>
    public string RenewWithRsa() => Put(_intermediate.RsaServer());

    public void PutExpired() => Put(_intermediate.Server(until: -1));

    public void PutWrongKey() => _intermediate.Server().WriteTo(_folder, [_intermediate], _intermediate.Server().KeyPem);

    /// <summary>The issuer comes first.</summary>
    public void PutWrongOrder()
    {
        var server = _intermediate.Server();
        _intermediate.WriteTo(_folder, [server], server.KeyPem);
    }

    /// <summary>Nginx must not read the key.</summary>
    public void PutClosedKey() => _intermediate.Server().WriteTo(_folder, [_intermediate], keyIsClosed: true);

    /// <summary>Replaces the folder itself by another one with another certificate.</summary>
    /// <returns>The thumbprint of the new certificate.</returns>
    public string ReplaceFolder()
    {
        Directory.Move(Folder, _before[Path.GetFileName(Folder)]);
        Directory.CreateDirectory(Folder);
        _folder.OpenToContainers();
        return Renew();
    }

    private string Put(TestCertificate server)
    {
        server.WriteTo(_folder, [_intermediate]);
        return server.Certificate.Thumbprint;
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
        _before.Dispose();
    }
}

/// <summary>One site in production for the tests of production and of its certificate.</summary>
[CollectionDefinition(Name)]
public sealed class ProductionSite : ICollectionFixture<SiteWithGivenChain>
{
    public const string Name = "production site";
}
