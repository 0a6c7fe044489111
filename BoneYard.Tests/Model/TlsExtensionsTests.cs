using System.Net.Sockets;
using BoneYard.Tests.Infrastructure;
using BoneYard.Tls;

namespace BoneYard.Tests.Model;

public sealed class TlsExtensionsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TestCertificate _certificate;

    public TlsExtensionsTests()
    {
        _folder.OpenToContainers();
        var now = DateTimeOffset.UtcNow;
        _certificate = TestCertificate.SelfSigned(["site.example"], now.AddDays(-1), now.AddDays(60));
        File.WriteAllText(_folder[CertificateFolder.ChainFile], _certificate.Pem);
        File.WriteAllText(_folder[CertificateFolder.KeyFile], _certificate.KeyPem);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_folder_is_mounted_read_only_and_HTTPS_offered()
    {
        var www = AddContainer().WithTls(_folder.Path, "site.example", 9443).Resource;

        var mount = Assert.Single(www.Annotations.OfType<ContainerMountAnnotation>());
        Assert.Equal((_folder.Path, "/www/tls", true), (mount.Source, mount.Target, mount.IsReadOnly));
        Assert.Equal(
            [("https", ProtocolType.Tcp, 9443, 8443), ("http3", ProtocolType.Udp, 9443, 8444)],
            www.Annotations.OfType<EndpointAnnotation>().Select(endpoint => (endpoint.Name, endpoint.Protocol, endpoint.Port ?? 0, endpoint.TargetPort ?? 0)));
    }

    [Fact]
    public async Task Nginx_is_told_of_the_ports_and_to_answer_to_the_names_of_a_given_certificate()
    {
        var www = AddContainer().WithTls(_folder.Path, "site.example", 9443).Resource;

        var context = new EnvironmentCallbackContext(new DistributedApplicationExecutionContext(DistributedApplicationOperation.Run), www);
        foreach (var annotation in www.Annotations.OfType<EnvironmentCallbackAnnotation>())
        {
            await annotation.Callback(context);
        }

        Assert.Equal(
            new Dictionary<string, object>
            {
                ["SITE_HOSTS"] = "certificate",
                ["TLS_HOST"] = "site.example",
                ["HTTPS_PORT"] = "9443",
                ["HTTP3_PORT"] = "9443",
            },
            context.EnvironmentVariables);
    }

    [Fact]
    public void Folders_that_links_lead_to_are_mounted_too()
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
        var www = AddContainer();

        var refusal = Assert.Throws<WrongOptionException>(() => www.WithTls(_folder.Path, "other.example", 9443));

        Assert.Contains("does not cover the host 'other.example'", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(www.Resource.Annotations.OfType<EndpointAnnotation>());
    }

    private static IResourceBuilder<ContainerResource> AddContainer() =>
        DistributedApplication.CreateBuilder(new DistributedApplicationOptions { DisableDashboard = true }).AddContainer("www", "www");
}
