using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using BoneYard.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace BoneYard.Tests.EndToEnd;

/// <summary>What holds for every certificate, with real handshakes.</summary>
public abstract class TlsTests(CertifiedSite fixture)
{
    protected static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    protected Uri Https => fixture.Site.Application.GetEndpoint("sitewww", "https");

    [Fact]
    public async Task Visitor_that_trusts_the_root_gets_the_page_over_HTTP_2()
    {
        using var client = ClientThatTrusts(fixture.Root);

        using var page = await client.GetAsync(Https, Cancelled);

        Assert.Equal((HttpStatusCode.OK, HttpVersion.Version20), (page.StatusCode, page.Version));
    }

    [Fact]
    public async Task Visitor_that_trusts_another_root_gets_nothing()
    {
        using var client = ClientThatTrusts(TestCertificate.Root("Another root").Certificate);

        var refusal = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(Https, Cancelled));

        Assert.Equal(HttpRequestError.SecureConnectionError, refusal.HttpRequestError);
    }

    [Fact]
    public async Task Whole_chain_is_served_in_order()
    {
        // The previous test may have replaced it.
        await WaitForCertificateAsync(fixture.Chain[0]);

        Assert.Equal(fixture.Chain, await ServedChainAsync());
    }

    [Fact]
    public async Task Health_check_shows_the_certificate()
    {
        await WaitForCertificateAsync(fixture.Chain[0]);

        var report = await CheckAsync();

        Assert.Equal(HealthStatus.Healthy, report.Status);
        Assert.Matches("^CN=[a-z]+, valid until [0-9-]+ [0-9:]+Z\\.", report.Description);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task Modern_TLS_is_accepted(SslProtocols version)
    {
        await using var stream = await HandshakeAsync(version);

        Assert.Equal(version, stream.SslProtocol);
    }

    [Fact]
    public async Task HTTP_3_answers_where_the_page_announces_it()
    {
        using var client = ClientThatTrusts(fixture.Root);
        using var page = await client.GetAsync(Https, Cancelled);

        var announced = Assert.Single(page.Headers.NonValidated["Alt-Svc"]);

        var match = Regex.Match(announced, "^h3=\":(\\d+)\"");
        Assert.True(match.Success, $"Alt-Svc is '{announced}'");
        var port = int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.Equal("HTTP/3 200", await Http3Client.GetAsync(new UriBuilder(Https) { Port = port }.Uri, fixture.Root));
    }

    [Fact]
    public async Task HTTP_redirects_to_the_same_page_over_HTTPS()
    {
        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = fixture.Site.Application.GetEndpoint("sitewww", "http") };

        using var redirect = await client.GetAsync("/tags?a=b", Cancelled);

        Assert.Equal((HttpStatusCode.PermanentRedirect, new Uri(Https, "/tags?a=b")), (redirect.StatusCode, redirect.Headers.Location));
    }

    /// <summary>Runs the health check of the certificate now, not at its next turn.</summary>
    protected async Task<HealthReportEntry> CheckAsync()
    {
        var report = await fixture.Site.Application.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(check => check.Name == "sitewww_certificate", Cancelled);
        return report.Entries.Single().Value;
    }

    protected Task WaitForCertificateAsync(string thumbprint) =>
        Poll.UntilAsync($"certificate {thumbprint} at {Https}", async _ => (await ServedChainAsync())[0] == thumbprint);

    /// <returns>The thumbprints of the certificates that the server sends, in its order.</returns>
    protected async Task<IReadOnlyList<string>> ServedChainAsync()
    {
        var served = new List<string>();
        await using var stream = await HandshakeAsync(SslProtocols.None, (certificate, chain) =>
        {
            // The issuers are in the store; whether the certificate itself is, depends on the platform.
            served.AddRange([certificate.Thumbprint, .. chain.ChainPolicy.ExtraStore.Select(sent => sent.Thumbprint).Except([certificate.Thumbprint])]);
        });
        return served;
    }

    protected async Task<SslStream> HandshakeAsync(SslProtocols version, Action<X509Certificate2, X509Chain>? look = null)
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
            await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost", EnabledSslProtocols = version, AllowTlsResume = false }, Cancelled);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    /// <summary>Trusts this root and no other, whatever the machine trusts.</summary>
    protected static HttpClient ClientThatTrusts(X509Certificate2 root) =>
        new(new SocketsHttpHandler { SslOptions = Trust.Only(root) }) { DefaultRequestVersion = HttpVersion.Version20 };
}
