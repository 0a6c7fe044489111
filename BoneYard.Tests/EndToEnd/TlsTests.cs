using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using BoneYard.Tests.Infrastructure;

namespace BoneYard.Tests.EndToEnd;

/// <summary>What is the same wherever the certificate comes from, with real handshakes.</summary>
public abstract class TlsTests(CertifiedSite fixture)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private Uri Https => fixture.Site.Application.GetEndpoint("sitewww", "https");

    [Fact]
    public async Task Who_trusts_the_root_gets_the_page_over_HTTP_2()
    {
        using var client = ClientThatTrusts(fixture.Root);

        using var page = await client.GetAsync(Https, Cancelled);

        Assert.Equal((HttpStatusCode.OK, HttpVersion.Version20), (page.StatusCode, page.Version));
    }

    [Fact]
    public async Task Who_trusts_another_root_gets_nothing()
    {
        using var client = ClientThatTrusts(TestCertificate.Root("Another root").Certificate);

        var refusal = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(Https, Cancelled));

        Assert.Equal(HttpRequestError.SecureConnectionError, refusal.HttpRequestError);
    }

    [Fact]
    public async Task The_chain_is_served_as_it_is_in_the_folder()
    {
        var folder = new X509Certificate2Collection();
        folder.ImportFromPemFile(Path.Combine(fixture.Folder, "fullchain.pem"));

        Assert.Equal(folder.Select(certificate => certificate.Thumbprint), await ServedChainAsync());
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task Modern_TLS_is_spoken(SslProtocols version)
    {
        await using var stream = await ShakeHandsAsync(version);

        Assert.Equal(version, stream.SslProtocol);
    }

    [Fact]
    public async Task TLS_1_1_is_refused()
    {
#pragma warning disable SYSLIB0039 // The old version is the point.
        await Assert.ThrowsAnyAsync<Exception>(() => ShakeHandsAsync(SslProtocols.Tls11));
#pragma warning restore SYSLIB0039
    }

    [Fact]
    public async Task HTTP_leads_to_the_same_page_over_HTTPS()
    {
        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = fixture.Site.Application.GetEndpoint("sitewww", "http") };

        using var redirect = await client.GetAsync("/tags?a=b", Cancelled);

        Assert.Equal((HttpStatusCode.PermanentRedirect, new Uri(Https, "/tags?a=b")), (redirect.StatusCode, redirect.Headers.Location));
    }

    /// <summary>Shakes hands again and again, until the server's certificate is this one: it is noticed, but not at once.</summary>
    protected async Task WaitForCertificateAsync(string thumbprint)
    {
        using var patience = new CancellationTokenSource(Patience);

        while ((await ServedChainAsync())[0] != thumbprint)
        {
            await Task.Delay(100, patience.Token);
        }
    }

    /// <returns>The thumbprints of what the server sends, in its order.</returns>
    private async Task<IReadOnlyList<string>> ServedChainAsync()
    {
        var served = new List<string>();
        await using var stream = await ShakeHandsAsync(SslProtocols.None, (certificate, chain) =>
        {
            // The issuers are in the store; whether the certificate itself is, depends on the platform.
            served.AddRange([certificate.Thumbprint, .. chain.ChainPolicy.ExtraStore.Select(sent => sent.Thumbprint).Except([certificate.Thumbprint])]);
        });
        return served;
    }

    private async Task<SslStream> ShakeHandsAsync(SslProtocols version, Action<X509Certificate2, X509Chain>? look = null)
    {
        var client = new TcpClient();
        await client.ConnectAsync(Https.Host, Https.Port, Cancelled);
        var stream = new SslStream(client.GetStream(), leaveInnerStreamOpen: false, (_, certificate, chain, _) =>
        {
            look?.Invoke((X509Certificate2)certificate!, chain!);
            return true;
        });

        try
        {
            await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost", EnabledSslProtocols = version }, Cancelled);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    private static HttpClient ClientThatTrusts(X509Certificate2 root) =>
        new(new SocketsHttpHandler { SslOptions = Trust.Only(root) }) { DefaultRequestVersion = HttpVersion.Version20 };
}

public sealed class OwnAuthorityTlsTests(SiteWithOwnAuthority fixture) : TlsTests(fixture), IClassFixture<SiteWithOwnAuthority>;

[Collection(ProductionSite.Name)]
public sealed class GivenChainTlsTests(SiteWithGivenChain fixture) : TlsTests(fixture)
{
    [Fact]
    public Task A_renewed_certificate_is_served_while_the_site_runs() => WaitForCertificateAsync(fixture.Renew());
}
