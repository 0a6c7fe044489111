namespace BoneYard.Tests.Model;

public sealed class SiteReportTests
{
    [Theory]
    [InlineData(null, null, "'sitedb' is NotStarted.")]
    [InlineData("Building", null, "'sitedb' is Building.")]
    [InlineData("Running", null, "'sitedb' is not healthy yet.")]
    [InlineData("Running", "GET http://localhost:1/health answered 503, not 200.\nat Here()", "'sitedb' is not healthy yet: GET http://localhost:1/health answered 503, not 200.")]
    [InlineData("Running", "28P01: password authentication failed", "'sitedb' is not healthy yet: 28P01: password authentication failed. The volume was made with another password: give that one (Parameters__sitedb-password in the environment), or another volume (--data-volume).")]
    public void What_a_resource_waits_for_is_told_in_a_line(string? state, string? said, string line) =>
        Assert.Equal(line, SiteReport.Describe("sitedb", state, said));
}
