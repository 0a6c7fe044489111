using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using BoneYard.Tests.Infrastructure;

namespace BoneYard.Tests.EndToEnd;

/// <summary>Production, over HTTPS with a certificate that was handed in.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class ProductionTests : IAsyncLifetime
{
    private readonly TemporaryFolder _certificates = new();
    private TestCertificate _certificate = null!;
    private Site _site = null!;

    public async ValueTask InitializeAsync()
    {
        _certificate = TestCertificate.SelfSigned(["localhost"], DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(60));
        await File.WriteAllTextAsync(_certificates["fullchain.pem"], _certificate.Pem);
        await File.WriteAllTextAsync(_certificates["privkey.pem"], _certificate.KeyPem);
        // Nginx's own user has to get at them.
        File.SetUnixFileMode(_certificates.Path, (UnixFileMode)0b111_101_101);
        _site = await Site.StartAsync("--mode=production", $"--tls={_certificates.Path}");
    }

    public async ValueTask DisposeAsync()
    {
        if (_site is not null)
        {
            await _site.DisposeAsync();
        }

        _certificates.Dispose();
    }

    [Fact]
    public async Task Production_is_hardened_cached_and_speaks_HTTPS_with_the_given_certificate()
    {
        foreach (var resource in (string[])["sitedb", "siteblog", "sitewww"])
        {
            await AssertHardenedAsync(await _site.ContainerOfAsync(resource));
        }

        using var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            SslOptions = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.GetCertHashString() == _certificate.Certificate.GetCertHashString(),
            },
        };
        using var https = new HttpClient(handler) { BaseAddress = _site.Application.GetEndpoint("sitewww", "https"), DefaultRequestVersion = HttpVersion.Version20 };
        using var page = await https.GetAsync("/", TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.OK, HttpVersion.Version20), (page.StatusCode, page.Version));
        Assert.True(page.Headers.CacheControl?.Public);
        Assert.True(page.Headers.Contains("Strict-Transport-Security"));

        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = _site.Application.GetEndpoint("sitewww", "http") };
        using var redirect = await http.GetAsync("/tags?a=b", TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.PermanentRedirect, new Uri(https.BaseAddress, "/tags?a=b")), (redirect.StatusCode, redirect.Headers.Location));
    }

    [Fact]
    public async Task TLS_1_1_is_refused()
    {
        var endpoint = _site.Application.GetEndpoint("sitewww", "https");
        using var client = new System.Net.Sockets.TcpClient();
        await client.ConnectAsync(endpoint.Host, endpoint.Port, TestContext.Current.CancellationToken);
        await using var stream = new SslStream(client.GetStream(), leaveInnerStreamOpen: false, (_, _, _, _) => true);

#pragma warning disable SYSLIB0039 // The old version is the point.
        await Assert.ThrowsAnyAsync<Exception>(() => stream.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions { TargetHost = "localhost", EnabledSslProtocols = SslProtocols.Tls11 }, TestContext.Current.CancellationToken));
#pragma warning restore SYSLIB0039
    }

    private static async Task AssertHardenedAsync(string container)
    {
        Assert.Equal(
            "true [ALL] [no-new-privileges] on-failure",
            await ContainerEngine.RunAsync("inspect", "--format", "{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}} {{.HostConfig.RestartPolicy.Name}}", container));
        Assert.DoesNotContain(await ContainerEngine.ListAsync("inspect", "--format", "{{range .Mounts}}{{println .Destination}}{{end}}", container), target => target is "/code" or "/srv/site" or "/www/data");
        Assert.DoesNotContain("0", (await ContainerEngine.RunAsync("inspect", "--format", "{{.HostConfig.Memory}} {{.HostConfig.PidsLimit}}", container)).Split(' '));
    }
}
