using BoneYard.Networking;
using BoneYard.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace BoneYard.Tests.Model;

public sealed class GraphTests : IAsyncLifetime
{
    private IDistributedApplicationTestingBuilder _builder = null!;

    public async ValueTask InitializeAsync() => _builder = await Site.CreateBuilderAsync();

    public ValueTask DisposeAsync() => _builder.DisposeAsync();

    [Fact]
    public void The_graph_has_three_containers_and_one_database()
    {
        var names = _builder.Resources.Where(resource => resource is ContainerResource or PostgresDatabaseResource).Select(resource => resource.Name);

        Assert.Equal(["blog", "siteblog", "sitedb", "sitewww"], names.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("sitedb", "site_db")]
    [InlineData("siteblog", "site_blog")]
    [InlineData("sitewww", "site_www")]
    public void Each_image_is_built_from_the_folder_of_its_container(string name, string folder)
    {
        var build = Container(name).Annotations.OfType<DockerfileBuildAnnotation>().Single();

        Assert.EndsWith(Path.Combine("containers", folder), build.ContextPath.TrimEnd('/'));
        Assert.True(File.Exists(build.DockerfilePath), build.DockerfilePath);
    }

    [Theory]
    [InlineData("sitedb", "site-psql")]
    [InlineData("siteblog", "site-py")]
    [InlineData("sitewww", "site-nginx")]
    public async Task Each_image_has_the_same_name_at_every_start(string name, string image)
    {
        await using var next = await Site.CreateBuilderAsync();

        Assert.True(Container(name).TryGetContainerImageName(out var first));
        Assert.True(next.Resources.Single(resource => resource.Name == name).TryGetContainerImageName(out var second));
        Assert.Matches($"^{image}:[0-9a-f]{{8}}$", first);
        Assert.Equal(first, second);
    }

    [Fact]
    public async Task Publish_mode_starts_no_service_of_a_run()
    {
        await using var builder = await Site.CreateBuilderAsync("--operation", "publish", "--step", "publish", "--output-path", Path.GetTempPath());
        await using var application = await builder.BuildAsync(TestContext.Current.CancellationToken);

        Assert.True(builder.ExecutionContext.IsPublishMode);
        Assert.DoesNotContain(application.Services.GetServices<IHostedService>(), service => service.GetType().Assembly == typeof(SiteOptions).Assembly);
    }

    [Theory]
    [InlineData("sitedb", "tcp", 5432)]
    [InlineData("siteblog", "http", 8000)]
    [InlineData("sitewww", "http", 8080)]
    public void Each_container_has_an_endpoint(string name, string endpoint, int targetPort)
    {
        var annotation = Container(name).Annotations.OfType<EndpointAnnotation>().Single(e => e.Name == endpoint);

        Assert.Equal(targetPort, annotation.TargetPort);
    }

    [Fact]
    public void Only_sitewww_has_external_endpoints()
    {
        var external = Containers.Where(container => container.Annotations.OfType<EndpointAnnotation>().Any(endpoint => endpoint.IsExternal));

        Assert.Equal(["sitewww"], external.Select(container => container.Name));
    }

    [Fact]
    public void No_container_waits_for_another()
    {
        Assert.DoesNotContain(Containers, container => container.Annotations.OfType<WaitAnnotation>().Any());
    }

    [Fact]
    public void Every_container_and_the_database_have_a_health_check()
    {
        var without = _builder.Resources
            .Where(resource => resource is ContainerResource or PostgresDatabaseResource)
            .Where(resource => !resource.Annotations.OfType<HealthCheckAnnotation>().Any());

        Assert.Empty(without);
    }

    [Fact]
    public void Only_siteblog_exports_telemetry()
    {
        var senders = Containers.Where(container => container.Annotations.OfType<OtlpExporterAnnotation>().Any());

        Assert.Equal(["siteblog"], senders.Select(container => container.Name));
    }

    [Fact]
    public void The_database_keeps_its_data_in_a_volume()
    {
        var mount = Container("sitedb").Annotations.OfType<ContainerMountAnnotation>().Single(m => m.Target == "/var/lib/postgresql/data");

        Assert.Equal((ContainerMountType.Volume, "boneyard-data", false), (mount.Type, mount.Source, mount.IsReadOnly));
    }

    [Fact]
    public void The_media_volume_is_writable_for_siteblog_and_read_only_for_sitewww()
    {
        var written = Container("siteblog").Annotations.OfType<ContainerMountAnnotation>().Single(m => m.Target == "/srv/media");
        var read = Container("sitewww").Annotations.OfType<ContainerMountAnnotation>().Single(m => m.Target == "/www/media");

        Assert.Equal(written.Source, read.Source);
        Assert.Equal((false, true), (written.IsReadOnly, read.IsReadOnly));
    }

    [Fact]
    public async Task Siteblog_gets_the_connection_properties_of_the_database()
    {
        var environment = await EnvironmentOfAsync("siteblog");

        Assert.Superset(
            new HashSet<string> { "BLOG_HOST", "BLOG_PORT", "BLOG_USERNAME", "BLOG_PASSWORD", "BLOG_DATABASENAME", "SESSION_SECRET" },
            environment.Keys.ToHashSet());
    }

    [Fact]
    public async Task The_site_url_and_the_contact_links_are_set_only_if_they_are_configured()
    {
        const string contact = "E-mail=mailto:me@example.org";
        await using var builder = await Site.CreateBuilderAsync("--site-url=https://blog.example.org", $"--contact={contact}");

        var environment = await EnvironmentOfAsync("siteblog", builder);
        var withoutThem = await EnvironmentOfAsync("siteblog");

        Assert.Equal(("https://blog.example.org", contact), (environment["SITE_URL"], environment["CONTACT_LINKS"]));
        Assert.DoesNotContain(withoutThem.Keys, name => name is "SITE_URL" or "CONTACT_LINKS");
    }

    [Fact]
    public async Task Sitewww_gets_the_url_of_siteblog_on_the_network()
    {
        var url = Assert.IsType<ReferenceExpression>((await EnvironmentOfAsync("sitewww"))["BLOG_URL"]);

        Assert.Equal("http://siteblog.sitenet:8000", url.ValueExpression);
    }

    [Theory]
    [InlineData("development", 80, 443, "off")]
    [InlineData("production", 80, 443, "on")]
    // A browser keeps the port of a URL when it switches to HTTPS.
    [InlineData("production", 8080, 443, "off")]
    [InlineData("production", 80, 8443, "off")]
    public async Task HSTS_is_on_only_in_production_and_at_the_standard_ports(string mode, int http, int https, string hsts)
    {
        using var folder = new TemporaryFolder();
        folder.OpenToContainers();
        TestCertificate.SelfSigned(["localhost"], TestCertificate.Now.AddDays(-1), TestCertificate.Now.AddDays(60)).WriteTo(folder, []);
        await using var builder = await Site.CreateBuilderAsync($"--mode={mode}", $"--tls={folder.Path}", $"--http-port={http}", $"--https-port={https}");

        Assert.Equal(hsts, (await EnvironmentOfAsync("sitewww", builder))["HSTS"]);
    }

    [Fact]
    public async Task Siteblog_reaches_the_database_on_the_network()
    {
        var environment = await EnvironmentOfAsync("siteblog");

        Assert.Equal(("sitedb.sitenet", "5432"), (environment["BLOG_HOST"], environment["BLOG_PORT"]));
    }

    [Theory]
    [InlineData("sitedb", "10.11.12.1")]
    [InlineData("siteblog", "10.11.12.2")]
    [InlineData("sitewww", "10.11.12.3")]
    public async Task Each_container_has_a_static_address(string name, string address)
    {
        var arguments = await Container(name).RuntimeArgumentsAsync();

        Assert.Equal(["--network", $"name=sitenet,ip={address},alias={name}.sitenet", "--label", $"{OwnerLabel.Name}={OwnerLabel.Value}"], arguments);
    }

    [Fact]
    public void Errors_of_the_network_name_the_options_that_change_it()
    {
        var network = _builder.Resources.OfType<ContainerNetworkResource>().Single();

        Assert.Equal(("--network", "--subnet"), network.Settings);
    }

    [Fact]
    public async Task No_secret_is_in_plain_environment_variables_or_arguments()
    {
        string[] secrets = [.. new[] { "sitedb-password", "session-secret", "author-password" }.Select(name => _builder.Configuration[$"Parameters:{name}"]!)];
        var visible = new List<string>();

        foreach (var container in Containers)
        {
            visible.AddRange((await EnvironmentOfAsync(container.Name)).Values.OfType<string>());
            visible.AddRange(await container.RuntimeArgumentsAsync());
            visible.AddRange(container.Annotations.OfType<DockerfileBuildAnnotation>().SelectMany(build => build.BuildArguments.Values).OfType<string>());
        }

        Assert.NotEmpty(visible);
        Assert.DoesNotContain(visible, text => secrets.Any(secret => text.Contains(secret, StringComparison.Ordinal)));
    }

    [Fact]
    public void The_password_of_the_database_is_a_generated_secret()
    {
        var password = Assert.IsType<PostgresServerResource>(Container("sitedb")).PasswordParameter;

        Assert.True(password.Secret);
        Assert.NotNull(password.Default);
    }

    [Fact]
    public void The_session_secret_is_a_secret_parameter()
    {
        Assert.True(_builder.Resources.OfType<ParameterResource>().Single(parameter => parameter.Name == "session-secret").Secret);
    }

    private IEnumerable<ContainerResource> Containers => _builder.Resources.OfType<ContainerResource>();

    private ContainerResource Container(string name) => Containers.Single(container => container.Name == name);

    /// <param name="builder">The graph; null means the graph with default options.</param>
    private Task<Dictionary<string, object>> EnvironmentOfAsync(string name, IDistributedApplicationTestingBuilder? builder = null) =>
        (builder ?? _builder).Resources.Single(resource => resource.Name == name).EnvironmentAsync(_builder.ExecutionContext);
}
