using System.Security.Cryptography.X509Certificates;
using BoneYard.Tls;

namespace BoneYard.Tests.Infrastructure;

/// <summary>A running site that serves HTTPS, and whom its visitors have to trust for it.</summary>
public abstract class CertifiedSite : IAsyncLifetime
{
    private Site? _site;

    internal Site Site => _site ?? throw new InvalidOperationException("The site is not running.");

    internal abstract X509Certificate2 Root { get; }

    /// <summary>The folder that is mounted.</summary>
    internal abstract string Folder { get; }

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

/// <summary>Development, where nobody said anything of a certificate: it is one of the user's own authority.</summary>
public sealed class SiteWithOwnAuthority : CertifiedSite
{
    internal override X509Certificate2 Root => X509CertificateLoader.LoadCertificateFromFile(DevelopmentAuthority.OfUser.CertificateFile);

    internal override string Folder => DevelopmentAuthority.OfUser.IssueFor("localhost").Path;

    protected override string[] Options => ["--mode=development", "--tls="];
}

/// <summary>Production, with a chain of a root, an issuer below it and the server's certificate.</summary>
public sealed class SiteWithGivenChain : CertifiedSite
{
    private readonly TestCertificate _root = TestCertificate.Root();
    private readonly TestCertificate _intermediate;
    private readonly TemporaryFolder _folder = new();

    public SiteWithGivenChain()
    {
        _intermediate = _root.Intermediate();
        Put(_intermediate.Server());
        _folder.OpenToContainers();
    }

    internal override X509Certificate2 Root => _root.Certificate;

    internal override string Folder => _folder.Path;

    protected override string[] Options => ["--mode=production", $"--tls={Folder}"];

    /// <summary>Puts another certificate in the place of the present one.</summary>
    /// <param name="names">None are the present one's.</param>
    /// <returns>Its thumbprint.</returns>
    public string Renew(params string[] names) => Put(_intermediate.Server(names is [] ? null : names));

    /// <summary>The same, with one that expires so soon.</summary>
    public void RenewUntil(int days) => Put(_intermediate.Server(until: days));

    /// <summary>The same, with a key of the other kind.</summary>
    public string RenewWithRsa() => Put(_intermediate.RsaServer());

    private string Put(TestCertificate server)
    {
        server.WriteTo(_folder, [_intermediate]);
        return server.Certificate.Thumbprint;
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }
}

/// <summary>One site in production for the tests of what production is, and of its certificate.</summary>
[CollectionDefinition(Name)]
public sealed class ProductionSite : ICollectionFixture<SiteWithGivenChain>
{
    public const string Name = "production site";
}
