using BoneYard.Tls;
using Microsoft.Extensions.Logging.Abstractions;

namespace BoneYard.Tests.Model;

public sealed class DevelopmentCertificateTests
{
    [Fact]
    public void The_certificate_is_created_once_and_covers_localhost()
    {
        var first = Assert.Single(new DevelopmentCertificate(NullLogger<DevelopmentCertificate>.Instance).Certificates);
        var second = Assert.Single(new DevelopmentCertificate(NullLogger<DevelopmentCertificate>.Instance).Certificates);

        Assert.Equal(first.Thumbprint, second.Thumbprint);
        Assert.True(first.HasPrivateKey);
        Assert.True(first.MatchesHostname("localhost"));
    }
}
