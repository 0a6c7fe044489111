using System.Net;
using System.Security.Authentication;
using BoneYard.Tests.Infrastructure;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace BoneYard.Tests.EndToEnd;

[Collection(ProductionSite.Name)]
public sealed class GivenCertificateTests(SiteWithGivenChain fixture) : TlsTests(fixture)
{
    [Fact]
    public async Task Renewed_certificate_is_served_and_open_connections_continue()
    {
        await using var visitor = await HandshakeAsync(SslProtocols.None);
        await visitor.WriteAsync("POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\nConnection: close\r\n\r\nhello"u8.ToArray(), Cancelled);

        await WaitForCertificateAsync(fixture.Renew());
        await visitor.WriteAsync("world"u8.ToArray(), Cancelled);

        using var answer = new StreamReader(visitor);
        Assert.StartsWith("HTTP/1.1 400 ", await answer.ReadLineAsync(Cancelled), StringComparison.Ordinal);
    }

    [Fact]
    public async Task RSA_certificate_replaces_an_ECDSA_certificate()
    {
        await WaitForCertificateAsync(fixture.RenewWithRsa());

        await Visitor_that_trusts_the_root_gets_the_page_over_HTTP_2();
    }

    [Fact]
    public async Task Host_that_the_certificate_does_not_cover_gets_no_answer()
    {
        // Or this side would refuse the handshake.
        using var client = new HttpClient(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true } });
        using var request = new HttpRequestMessage(HttpMethod.Get, Https) { Headers = { Host = "other.example" } };

        var refusal = await Assert.ThrowsAsync<HttpRequestException>(() => client.SendAsync(request, Cancelled));

        Assert.Equal(HttpRequestError.ResponseEnded, refusal.HttpRequestError);
    }

    [Fact]
    public async Task Name_that_a_renewed_certificate_adds_is_answered()
    {
        using var client = ClientThatTrusts(fixture.Root);
        async Task<HttpStatusCode?> AskAsync()
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, Https) { Headers = { Host = "renamed.example" } };

            try
            {
                using var answer = await client.SendAsync(request, Cancelled);
                return answer.StatusCode;
            }
            catch (HttpRequestException)
            {
                return null;
            }
        }

        Assert.Null(await AskAsync());
        fixture.Renew("localhost", "renamed.example");

        await Poll.UntilAsync("an answer for the added name", async _ => await AskAsync() is HttpStatusCode.OK);
        // Nginx reloads for other names: not during the next test.
        fixture.Renew();
        await Poll.UntilAsync("no answer for the removed name", async _ => await AskAsync() is null);
    }

    [Fact]
    public async Task Certificate_that_expires_soon_degrades_the_site_until_it_is_renewed()
    {
        await WaitForCertificateAsync(fixture.RenewUntil(days: 12));
        var soon = await CheckAsync();
        await WaitForCertificateAsync(fixture.Renew());
        var renewed = await CheckAsync();

        Assert.Equal((HealthStatus.Degraded, HealthStatus.Healthy), (soon.Status, renewed.Status));
        Assert.Contains("expires in 12 days", soon.Description, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("expired", "fullchain.pem has expired: CN=server")]
    [InlineData("with another key", "fullchain.pem does not match the key")]
    [InlineData("below its issuer", "fullchain.pem is out of order: the key belongs to certificate 2 (CN=server)")]
    [InlineData("with a closed key", "holds another certificate")]
    public async Task Unusable_certificate_does_not_replace_a_good_one(string kind, string reason)
    {
        Assert.SkipUnless(kind != "with a closed key" || OperatingSystem.IsLinux(), "Files have other owners in the machine in which the engine runs.");
        var good = fixture.Renew();
        await WaitForCertificateAsync(good);

        Action put = kind switch
        {
            "expired" => fixture.PutExpired,
            "with another key" => fixture.PutWrongKey,
            "below its issuer" => fixture.PutWrongOrder,
            _ => fixture.PutClosedKey,
        };
        put();
        // It gives Nginx the time to serve the new one.
        var report = await CheckAsync();
        var served = await ServedChainAsync();
        await WaitForCertificateAsync(fixture.Renew());

        Assert.Equal(HealthStatus.Degraded, report.Status);
        Assert.Contains(reason, report.Description, StringComparison.Ordinal);
        Assert.Equal(good, served[0]);
    }

    [Fact]
    public async Task Replaced_folder_degrades_the_site_until_the_container_is_restarted()
    {
        var before = fixture.Renew();
        await WaitForCertificateAsync(before);
        var after = fixture.ReplaceFolder();

        await fixture.Site.WaitForHealthAsync("sitewww", HealthStatus.Degraded);
        Assert.Equal(before, (await ServedChainAsync())[0]);
        await fixture.Site.RunCommandAsync("sitewww", "restart");

        await fixture.Site.WaitUntilHealthyAsync("sitewww");
        Assert.Equal(after, (await ServedChainAsync())[0]);
    }

    [Fact]
    public async Task Private_key_is_in_no_image_no_setting_and_no_log()
    {
        // Any line of the key itself.
        var secret = (await File.ReadAllLinesAsync(Path.Combine(fixture.Folder, "privkey.pem"), Cancelled))[1];
        var container = await fixture.Site.ContainerOfAsync("sitewww");

        Assert.False(await ContainerEngine.HasFileWithAsync(container, secret), "The key is in a file of the container.");
        Assert.True(await ContainerEngine.HasFileWithAsync(container, "ssl_certificate"), "The files of the container were not searched.");
        Assert.DoesNotContain(secret, await ContainerEngine.RunAsync("inspect", container), StringComparison.Ordinal);

        foreach (var resource in new[] { "sitedb", "siteblog", "sitewww" })
        {
            Assert.DoesNotContain(await fixture.Site.LogAsync(resource), line => line.Contains(secret, StringComparison.Ordinal));
        }
    }
}
