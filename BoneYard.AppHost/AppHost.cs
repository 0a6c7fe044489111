using BoneYard;
using BoneYard.Networking;
using BoneYard.Telemetry;
using BoneYard.Tls;

FatalErrors.EndInOneLine();

if (SiteCommandLine.Answer(args, Console.Out))
{
    return;
}

var builder = DistributedApplication.CreateBuilder(SiteCommandLine.ToConfiguration(args));
var site = SiteOptions.From(builder.Configuration);
builder.ReadKeptSecrets();
builder.UseDevelopmentCertificate();

var sessionSecret = builder.AddParameter("session-secret", new GenerateParameterDefault { MinLength = 44, Special = false }, secret: true, persist: true);
var authorPassword = builder.AddParameter("author-password", new GenerateParameterDefault { MinLength = 22, Special = false }, secret: true, persist: true);

var sitenet = builder.AddContainerNetwork("sitenet", site.Subnet.ToString(), site.Gateway, site.Network)
    .WithSettings(name: "--network", subnet: "--subnet");

// Nobody waits for anybody: each container starts without the others, says so in its health, and finds them when they are up.
var sitedb = builder.AddPostgres("sitedb")
    .WithDockerfile("../containers/site_db", "stage/Dockerfile")
    .WithNetwork(sitenet, site.Address(1))
    .WithVolume(site.DataVolume, "/var/lib/postgresql/data")
    .WithSources(site, "../containers/site_db/code", "/code")
    .WithHardening(site, memory: "1g", processes: 200, "/tmp");

var blog = sitedb.AddDatabase("blog");

var siteblog = builder.AddDockerfile("siteblog", "../containers/site_blog", "stage/Dockerfile")
    .WithNetwork(sitenet, site.Address(2))
    .WithHttpEndpoint(targetPort: 8000)
    .WithHttpHealthCheck("/health")
    .WithOtlpExporter(OtlpProtocol.HttpProtobuf)
    .WithVolume(site.MediaVolume, "/srv/media")
    .WithSources(site, "../containers/site_blog/code", "/srv/site")
    .WithHardening(site, memory: "512m", processes: 200, "/tmp")
    .WithEnvironment("INI_FILE", site.IsProduction ? "production.ini" : "development.ini")
    .WithEnvironment("SESSION_SECRET", sessionSecret)
    .WithEnvironment("FIRST_AUTHOR", site.Author)
    .WithEnvironment("FIRST_AUTHOR_PASSWORD", authorPassword)
    .WithEnvironmentIfSet("SITE_URL", site.SiteUrl)
    .WithEnvironmentIfSet("CONTACT_LINKS", site.Contact)
    .WithReference(blog)
    .WithEnvironment("BLOG_HOST", sitedb.AddressOn(sitenet))
    .WithEnvironment("BLOG_PORT", "5432");

var sitewww = builder.AddDockerfile("sitewww", "../containers/site_www", "stage/Dockerfile")
    .WithNetwork(sitenet, site.Address(3))
    .WithReferenceRelationship(siteblog)
    .WithHttpEndpoint(port: site.HttpPort, targetPort: 8080)
    .WithHttpHealthCheck("/health", endpointName: "http")
    .WithVolume(site.MediaVolume, "/www/media", isReadOnly: true)
    .WithSources(site, "../containers/site_www/code", "/www/data")
    .WithHardening(site, memory: "256m", processes: 50, "/tmp")
    .WithEnvironment("CACHE", site.IsProduction ? "on" : "off")
    .WithEnvironment("BLOG_URL", $"http://{siteblog.AddressOn(sitenet)}:8000");

if (site.HasTls)
{
    sitewww.WithTls(site.Tls, site.HostName, site.HttpsPort)
        .WithEnvironment("HSTS", site is { IsProduction: true, HttpPort: 80, HttpsPort: 443 } ? "on" : "off");
}

sitewww.WithExternalHttpEndpoints().WithListenAddress(site.Listen);

builder.EnsurePortsAreFree();
builder.TraceStart();
builder.ReportTo(Console.Out, front: "sitewww", site.HostName);

await using var application = builder.Build();
await application.RunAsync();
