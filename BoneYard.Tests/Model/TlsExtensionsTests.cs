using System.Net.Sockets;
using BoneYard.Tests.Infrastructure;
using BoneYard.Tls;

namespace BoneYard.Tests.Model;

public sealed class TlsExtensionsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public TlsExtensionsTests()
    {
        var now = DateTimeOffset.UtcNow;
        TestCertificate.SelfSigned(["site.example"], now.AddDays(-1), now.AddDays(60)).WriteTo(_folder, []);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_folder_is_mounted_read_only_and_HTTPS_is_offered()
    {
        var www = AddContainer().WithTls(_folder.Path, "site.example", 9443).Resource;

        var mount = Assert.Single(www.Annotations.OfType<ContainerMountAnnotation>());
        Assert.Equal((_folder.Path, "/www/tls", true), (mount.Source, mount.Target, mount.IsReadOnly));
        Assert.Equal(
            [("https", ProtocolType.Tcp, 9443, 8443), ("http3", ProtocolType.Udp, 9443, 8444)],
            www.Annotations.OfType<EndpointAnnotation>().Select(endpoint => (endpoint.Name, endpoint.Protocol, endpoint.Port ?? 0, endpoint.TargetPort ?? 0)));
    }

    [Fact]
    public async Task Nginx_gets_the_ports_on_the_host_and_answers_to_the_names_of_a_given_certificate()
    {
        var www = AddContainer().WithTls(_folder.Path, "site.example", 9443).Resource;

        Assert.Equal(
            new Dictionary<string, object>
            {
                ["SITE_HOSTS"] = "certificate",
                ["TLS_HOST"] = "site.example",
                ["HTTPS_PORT"] = "9443",
                ["HTTP3_PORT"] = "9443",
            },
            await www.EnvironmentAsync());
    }

    [Fact]
    public async Task The_development_certificate_needs_no_mount_and_limits_no_names()
    {
        var www = AddContainer().WithTls(folder: null, "localhost", 9443).Resource;

        Assert.Empty(www.Annotations.OfType<ContainerMountAnnotation>());
        Assert.DoesNotContain("SITE_HOSTS", await www.EnvironmentAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_health_check_shows_the_certificate(bool given)
    {
        var www = AddContainer().WithTls(given ? _folder.Path : null, given ? "site.example" : "localhost", 9443).Resource;

        Assert.Equal("www_certificate", Assert.Single(www.Annotations.OfType<HealthCheckAnnotation>()).Key);
    }

    [Fact]
    public void A_folder_behind_a_link_is_mounted_too()
    {
        Directory.CreateDirectory(_folder["archive/site"]);
        Directory.CreateDirectory(_folder["live/site"]);

        foreach (var file in new[] { CertificateFolder.ChainFile, CertificateFolder.KeyFile })
        {
            File.Move(_folder[file], _folder[$"archive/site/{file}"]);
            File.CreateSymbolicLink(_folder[$"live/site/{file}"], $"../../archive/site/{file}");
        }

        var www = AddContainer().WithTls(_folder["live/site"], "site.example", 9443).Resource;

        Assert.Equal(
            [(_folder["live/site"], "/www/tls", true), (_folder["archive/site"], "/archive/site", true)],
            www.Annotations.OfType<ContainerMountAnnotation>().Select(mount => (mount.Source, mount.Target, mount.IsReadOnly)));
    }

    [Fact]
    public void A_wrong_certificate_is_refused_before_anything_starts()
    {
        var refusal = Assert.Throws<WrongOptionException>(() => AddContainer().WithTls(_folder.Path, "other.example", 9443));

        Assert.Contains("does not cover the host 'other.example'", refusal.Message, StringComparison.Ordinal);
    }

    private static IResourceBuilder<ContainerResource> AddContainer() =>
        DistributedApplication.CreateBuilder(new DistributedApplicationOptions { DisableDashboard = true }).AddContainer("www", "www");
}
