using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using BoneYard.Tests.Infrastructure;

namespace BoneYard.Tests.EndToEnd;

/// <summary>What is the same wherever the certificate comes from, with real handshakes.</summary>
public abstract class TlsTests(CertifiedSite fixture)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    protected static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    protected Uri Https => fixture.Site.Application.GetEndpoint("sitewww", "https");

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
        // The test before this one may have put it there.
        await WaitForCertificateAsync(folder[0].Thumbprint);

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
    public async Task HTTP_3_is_spoken_where_browsers_are_told_that_it_is()
    {
        using var client = ClientThatTrusts(fixture.Root);
        using var page = await client.GetAsync(Https, Cancelled);

        var told = Assert.Single(page.Headers.NonValidated["Alt-Svc"]);

        var match = Regex.Match(told, "^h3=\":(\\d+)\"");
        Assert.True(match.Success, $"Alt-Svc is '{told}'");
        var port = int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.Equal("HTTP/3 200", await Http3Client.GetAsync(new UriBuilder(Https) { Port = port }.Uri, fixture.Root));
    }

    [Fact]
    public async Task The_key_is_in_no_image_no_setting_and_no_log()
    {
        // Any line will do, as long as it is one of the key itself.
        var secret = (await File.ReadAllLinesAsync(Path.Combine(fixture.Folder, "privkey.pem"), Cancelled))[1];
        var container = await fixture.Site.ContainerOfAsync("sitewww");

        Assert.False(await ContainerEngine.HasFileWithAsync(container, secret), "The key is in a file of the container.");
        Assert.True(await ContainerEngine.HasFileWithAsync(container, "ssl_certificate"), "The files of the container were not looked at.");
        Assert.DoesNotContain(secret, await ContainerEngine.RunAsync("inspect", container), StringComparison.Ordinal);

        foreach (var resource in new[] { "sitedb", "siteblog", "sitewww" })
        {
            Assert.DoesNotContain(await fixture.Site.LogAsync(resource), line => line.Contains(secret, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task HTTP_leads_to_the_same_page_over_HTTPS()
    {
        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = fixture.Site.Application.GetEndpoint("sitewww", "http") };

        using var redirect = await client.GetAsync("/tags?a=b", Cancelled);

        Assert.Equal((HttpStatusCode.PermanentRedirect, new Uri(Https, "/tags?a=b")), (redirect.StatusCode, redirect.Headers.Location));
    }

    /// <summary>Shakes hands again and again, until the server's certificate is this one: it is noticed, but not at once.</summary>
    protected Task WaitForCertificateAsync(string thumbprint) => WaitUntilAsync(async () => (await ServedChainAsync())[0] == thumbprint);

    protected static async Task WaitUntilAsync(Func<Task<bool>> holds)
    {
        using var patience = new CancellationTokenSource(Patience);

        while (!await holds())
        {
            await Task.Delay(100, patience.Token);
        }
    }

    /// <returns>The thumbprints of what the server sends, in its order.</returns>
    protected async Task<IReadOnlyList<string>> ServedChainAsync()
    {
        var served = new List<string>();
        await using var stream = await ShakeHandsAsync(SslProtocols.None, (certificate, chain) =>
        {
            // The issuers are in the store; whether the certificate itself is, depends on the platform.
            served.AddRange([certificate.Thumbprint, .. chain.ChainPolicy.ExtraStore.Select(sent => sent.Thumbprint).Except([certificate.Thumbprint])]);
        });
        return served;
    }

    protected async Task<SslStream> ShakeHandsAsync(SslProtocols version, Action<X509Certificate2, X509Chain>? look = null)
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

public sealed class OwnAuthorityTlsTests(SiteWithOwnAuthority fixture) : TlsTests(fixture), IClassFixture<SiteWithOwnAuthority>;

[Collection(ProductionSite.Name)]
public sealed class GivenChainTlsTests(SiteWithGivenChain fixture) : TlsTests(fixture)
{
    [Fact]
    public async Task A_renewed_certificate_is_served_and_what_is_under_way_goes_on()
    {
        await using var visitor = await ShakeHandsAsync(SslProtocols.None);
        await visitor.WriteAsync("POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\nConnection: close\r\n\r\nhello"u8.ToArray(), Cancelled);

        await WaitForCertificateAsync(fixture.Renew());
        await visitor.WriteAsync("world"u8.ToArray(), Cancelled);

        using var answer = new StreamReader(visitor);
        Assert.StartsWith("HTTP/1.1 400 ", await answer.ReadLineAsync(Cancelled), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_with_an_RSA_key_takes_its_place_as_well()
    {
        await WaitForCertificateAsync(fixture.RenewWithRsa());

        await Who_trusts_the_root_gets_the_page_over_HTTP_2();
    }

    [Fact]
    public async Task Whoever_asks_for_a_host_that_the_certificate_does_not_cover_gets_no_answer()
    {
        // Or the handshake would be refused on this side.
        using var client = new HttpClient(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true } });
        using var request = new HttpRequestMessage(HttpMethod.Get, Https) { Headers = { Host = "other.example" } };

        var refusal = await Assert.ThrowsAsync<HttpRequestException>(() => client.SendAsync(request, Cancelled));

        Assert.Equal(HttpRequestError.ResponseEnded, refusal.HttpRequestError);
    }

    [Fact]
    public async Task A_name_that_the_certificate_is_renewed_with_is_answered()
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

        await WaitUntilAsync(async () => await AskAsync() is HttpStatusCode.OK);
        // Nginx reloads for other names: not in the middle of the next test.
        fixture.Renew();
        await WaitUntilAsync(async () => await AskAsync() is null);
    }

    [Fact]
    public async Task A_certificate_that_expires_soon_is_warned_of_on_the_resource_and_in_its_log_until_it_is_renewed()
    {
        const string Warning = "expires in 12 days";

        fixture.RenewUntil(days: 12);
        var warned = await WaitForWarningAsync(Warning);
        await fixture.Site.WaitForLogLineAsync("sitewww", line => line.Contains(Warning, StringComparison.Ordinal));
        var renewed = await RenewAsync();

        Assert.Equal(fixture.Folder, Property(warned, "tls.certificate"));
        Assert.True(string.CompareOrdinal(Property(warned, "tls.expires"), Property(renewed, "tls.expires")) < 0);
    }

    [Theory]
    [InlineData("expired", "has expired: CN=server")]
    [InlineData("with another key", "does not match the key")]
    [InlineData("below its issuer", "is out of order: the key belongs to certificate 2 (CN=server)")]
    [InlineData("with a closed key", "cannot be read by user 10001")]
    public async Task A_certificate_that_no_visitor_would_accept_does_not_take_the_place_of_a_good_one(string kind, string reason)
    {
        Assert.SkipUnless(kind != "with a closed key" || OperatingSystem.IsLinux(), "Files have other owners in the machine in which the engine runs.");
        var before = await RenewAsync();
        var good = (await ServedChainAsync())[0];
        var refusals = (await fixture.Site.LogAsync("sitewww")).Count(IsRefusal);

        Action put = kind switch
        {
            "expired" => fixture.PutExpired,
            "with another key" => fixture.PutWrongKey,
            "below its issuer" => fixture.PutWrongOrder,
            _ => fixture.PutClosedKey,
        };
        put();
        var warned = await WaitForWarningAsync(reason);
        await fixture.Site.WaitForLogLinesAsync("sitewww", refusals + 1, IsRefusal);

        Assert.Equal(good, (await ServedChainAsync())[0]);
        Assert.Equal(Property(before, "tls.expires"), Property(warned, "tls.expires"));
        await RenewAsync();

        static bool IsRefusal(string line) => line.Contains("the old one stays", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_is_itself_replaced_is_warned_of_until_the_container_is_restarted()
    {
        var before = (await ServedChainAsync())[0];
        var after = fixture.ReplaceFolder();

        await WaitForWarningAsync("restart sitewww from the dashboard");
        Assert.Equal(before, (await ServedChainAsync())[0]);
        await fixture.Site.RunCommandAsync("sitewww", "restart");

        await WaitForWarningToEndAsync();
        await fixture.Site.WaitUntilHealthyAsync("sitewww");
        Assert.Equal(after, (await ServedChainAsync())[0]);
    }

    [Fact]
    public async Task A_root_that_is_neither_in_the_file_nor_trusted_is_warned_of_and_no_more()
    {
        await RenewAsync();

        Assert.Equal(PrivateRoot, Property(await fixture.Site.SnapshotAsync("sitewww"), "tls.warning"));
    }

    /// <summary>What is said of this site's certificates at their best.</summary>
    private string PrivateRoot =>
        $"{Path.Combine(fixture.Folder, "fullchain.pem")} ends with CN=Intermediate, whose issuer, CN=Root, is no root that this machine trusts. Visitors who lack it get no page: append its certificate. Where it is a root of your own that they trust, ignore this.";

    /// <summary>Puts a good certificate there, until all is well.</summary>
    private async Task<CustomResourceSnapshot> RenewAsync()
    {
        await WaitForCertificateAsync(fixture.Renew());
        return await WaitForWarningToEndAsync();
    }

    private Task<CustomResourceSnapshot> WaitForWarningToEndAsync() => WaitForSnapshotAsync(snapshot => Property(snapshot, "tls.warning") == PrivateRoot);

    private Task<CustomResourceSnapshot> WaitForWarningAsync(string warning) =>
        WaitForSnapshotAsync(snapshot => Property(snapshot, "tls.warning")?.Contains(warning, StringComparison.Ordinal) is true);

    private async Task<CustomResourceSnapshot> WaitForSnapshotAsync(Predicate<CustomResourceSnapshot> isAsExpected) =>
        (await fixture.Site.Application.ResourceNotifications.WaitForResourceAsync("sitewww", update => isAsExpected(update.Snapshot), Cancelled)
            .WaitAsync(TimeSpan.FromMinutes(1), Cancelled)).Snapshot;

    private static string? Property(CustomResourceSnapshot snapshot, string name) => snapshot.Properties.FirstOrDefault(property => property.Name == name)?.Value as string;
}
