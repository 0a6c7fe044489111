using BoneYard.Tests.Infrastructure;

namespace BoneYard.Tests.EndToEnd;

public sealed class DevelopmentCertificateTests(SiteWithDevelopmentCertificate fixture) : TlsTests(fixture), IClassFixture<SiteWithDevelopmentCertificate>
{
    [Fact]
    public async Task Untrusted_development_certificate_serves_the_site_and_raises_no_warning()
    {
        await using var own = new IsolatedResources();
        await using var host = AppHostProcess.Start([.. own.Arguments, $"--http-port={AppHostProcess.FreePort()}", $"--https-port={AppHostProcess.FreePort()}"]);
        using var client = ClientThatTrusts(fixture.Root);

        using var page = await client.GetAsync(await host.SiteAsync(), Cancelled);

        Assert.True(page.IsSuccessStatusCode);
        // Aspire logs its warning together with the dashboard's message.
        Assert.DoesNotContain("development certificate", host.Output, StringComparison.OrdinalIgnoreCase);
    }
}
