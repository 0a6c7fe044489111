using System.Net;
using BoneYard.Tests.Infrastructure;

namespace BoneYard.Tests.EndToEnd;

[Collection(RunningAppHost.Name)]
public sealed class DashboardTests(AppHostFixture host)
{
    [Fact]
    public async Task The_address_on_the_terminal_signs_in_to_the_dashboard()
    {
        using var browser = new HttpClient();

        using var page = await browser.GetAsync(host.DashboardAddress, TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.OK, "/"), (page.StatusCode, page.RequestMessage!.RequestUri!.AbsolutePath));
    }
}
