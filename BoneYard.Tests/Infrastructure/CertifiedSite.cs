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
    // By its end a test tells it from a good one.
    private const int OtherEnd = 70;

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

    /// <summary>The same, with one that has ended.</summary>
    public void PutExpired() => Put(_intermediate.Server(until: -1));

    /// <summary>The same, with the key of another.</summary>
    public void PutWrongKey() => _intermediate.Server(until: OtherEnd).WriteTo(_folder, [_intermediate], _intermediate.Server().KeyPem);

    /// <summary>The same, but with the issuer first.</summary>
    public void PutWrongOrder()
    {
        var server = _intermediate.Server(until: OtherEnd);
        _intermediate.WriteTo(_folder, [server], server.KeyPem);
    }

    /// <summary>The same, but Nginx may not read the key.</summary>
    public void PutClosedKey() => _intermediate.Server(until: OtherEnd).WriteTo(_folder, [_intermediate], keyIsClosed: true);

    /// <summary>Puts another folder in the place of the present one, with another certificate.</summary>
    /// <returns>Its thumbprint.</returns>
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

/// <summary>One site in production for the tests of what production is, and of its certificate.</summary>
[CollectionDefinition(Name)]
public sealed class ProductionSite : ICollectionFixture<SiteWithGivenChain>
{
    public const string Name = "production site";
}
