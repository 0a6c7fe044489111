namespace BoneYard.Tests.Model;

public sealed class SiteReportTests
{
    [Theory]
    [InlineData(null, null, "'sitedb' is NotStarted.")]
    [InlineData("Building", null, "'sitedb' is Building.")]
    [InlineData("Running", null, "'sitedb' is not healthy yet.")]
    [InlineData("Running", "GET http://localhost:1/health answered 503, not 200.\nat Here()", "'sitedb' is not healthy yet: GET http://localhost:1/health answered 503, not 200.")]
    [InlineData("Running", "28P01: password authentication failed", "'sitedb' is not healthy yet: 28P01: password authentication failed. The volume was initialised with a different password. Set Parameters__sitedb-password to that password, or choose another volume (--data-volume).")]
    public void A_resource_that_is_not_ready_is_described_in_one_line(string? state, string? said, string line) =>
        Assert.Equal(line, SiteReport.Describe("sitedb", state, said));
}
