using BoneYard.Tests.Infrastructure;
using BoneYard.Tls;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace BoneYard.Tests.Model;

/// <summary>With real handshakes, but without a container.</summary>
public sealed class CertificateHealthCheckTests : IAsyncLifetime
{
    private static readonly TestCertificate Root = TestCertificate.Root();
    private static readonly TestCertificate Intermediate = Root.Intermediate();
    private static readonly TestCertificate First = Intermediate.Server(["localhost", "site.example"], until: 50);
    private static readonly TestCertificate Other = Intermediate.Server(["localhost", "site.example"], until: 60);

    private readonly TemporaryFolder _folder = new();
    private readonly TlsServer _server = new(First, Intermediate);
    private readonly DistributedApplication _application;
    private readonly IResourceBuilder<ContainerResource> _www;

    public CertificateHealthCheckTests()
    {
        First.WriteTo(_folder, [Intermediate]);
        var builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions { DisableDashboard = true });
        _www = builder.AddContainer("www", "www").WithHttpsEndpoint();
        var endpoint = _www.Resource.Annotations.OfType<EndpointAnnotation>().Single();
        endpoint.AllocatedEndpoint = new(endpoint, "localhost", _server.Port);
        _application = builder.Build();
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private ResourceNotificationService Notifications => _application.Services.GetRequiredService<ResourceNotificationService>();

    /// <summary>The resource has become healthy.</summary>
    public async ValueTask InitializeAsync() => await Notifications.PublishUpdateAsync(_www.Resource, snapshot => snapshot with { State = KnownResourceStates.Running });

    public async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync();
        _server.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task The_served_certificate_is_shown()
    {
        var result = await CheckAsync();

        Assert.Equal((HealthStatus.Healthy, $"{Description(First)} From {_folder.Path}."), (result.Status, result.Description));
        Assert.Equal("site.example", Assert.Single(_server.Names));
    }

    [Fact]
    public async Task The_development_certificate_is_shown_with_the_command_that_makes_it_trusted()
    {
        var result = await CheckAsync(folder: null);

        Assert.Equal((HealthStatus.Healthy, $"{Description(First)} Browsers accept this development certificate after `dotnet dev-certs https --trust`."), (result.Status, result.Description));
    }

    [Fact]
    public async Task A_certificate_that_expires_soon_degrades_the_resource()
    {
        var soon = Intermediate.Server(["localhost", "site.example"], until: 12);
        soon.WriteTo(_folder, [Intermediate]);
        _server.Serve(soon, Intermediate);

        var result = await CheckAsync();

        Assert.Equal((HealthStatus.Degraded, $"{Description(soon)} It expires in 12 days. Renew it in {_folder.Path}: the new one is served without a restart."), (result.Status, result.Description));
    }

    [Fact]
    public async Task A_warning_does_not_keep_a_resource_from_becoming_healthy()
    {
        Intermediate.Server(["localhost", "site.example"], until: 12).WriteTo(_folder, [Intermediate]);
        await Notifications.PublishUpdateAsync(_www.Resource, snapshot => snapshot with { State = KnownResourceStates.Starting });

        var result = await CheckAsync();

        Assert.Equal(HealthStatus.Healthy, result.Status);
        Assert.Contains("holds another certificate", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_certificate_than_that_of_the_folder_degrades_the_resource()
    {
        Other.WriteTo(_folder, [Intermediate]);

        var result = await CheckAsync();

        Assert.Equal(
            (HealthStatus.Degraded, $"{Description(First)} {_folder.Path} holds another certificate. The log of www shows why it is not served; if the folder itself was replaced, restart www."),
            (result.Status, result.Description));
    }

    [Fact]
    public async Task A_renewed_certificate_may_take_a_moment_to_be_served()
    {
        Other.WriteTo(_folder, [Intermediate]);

        var check = CheckAsync();
        await Task.Delay(100, Cancelled);
        _server.Serve(Other, Intermediate);

        Assert.Equal(HealthStatus.Healthy, (await check).Status);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_served_degrades_the_resource()
    {
        Intermediate.Server(["site.example"], until: -1).WriteTo(_folder, [Intermediate]);

        var result = await CheckAsync();

        Assert.Equal(HealthStatus.Degraded, result.Status);
        Assert.StartsWith($"{Description(First)} Option --tls is '{_folder.Path}': fullchain.pem has expired", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failed_handshake_makes_the_resource_unhealthy()
    {
        var port = _server.Port;
        _server.Dispose();

        var result = await CheckAsync();

        Assert.Equal(HealthStatus.Unhealthy, result.Status);
        Assert.StartsWith($"TLS handshake failed at https://localhost:{port}: ", result.Description, StringComparison.Ordinal);
    }

    private static string Description(TestCertificate served) => $"CN=server, valid until {served.Certificate.NotAfter.ToUniversalTime():u}.";

    private Task<HealthCheckResult> CheckAsync() => CheckAsync(_folder.Path);

    private Task<HealthCheckResult> CheckAsync(string? folder) =>
        new CertificateHealthCheck(_www.GetEndpoint("https"), "site.example", folder, Notifications).CheckHealthAsync(new(), Cancelled);
}
