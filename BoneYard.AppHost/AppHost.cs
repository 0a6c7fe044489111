using BoneYard;
using BoneYard.Networking;
using BoneYard.Telemetry;
using BoneYard.Tls;

FatalErrors.ReportInOneLine();

var commandLine = new SiteCommandLine(args);

if (commandLine.IsHelp)
{
    SiteCommandLine.WriteHelp(Console.Out);
    return;
}

var builder = DistributedApplication.CreateBuilder(commandLine.Arguments);
commandLine.RefuseUnknown(builder);
var site = SiteOptions.From(builder.Configuration);
builder.AddUserSecrets();
builder.UseDevelopmentCertificate();

var sessionSecret = builder.AddParameter("session-secret", new GenerateParameterDefault { MinLength = 44, Special = false }, secret: true, persist: true);
var authorPassword = builder.AddParameter("author-password", new GenerateParameterDefault { MinLength = 22, Special = false }, secret: true, persist: true);

var sitenet = builder.AddContainerNetwork("sitenet", site.Subnet, site.Gateway, site.Network)
    .WithSettings(name: "--network", subnet: "--subnet");

// No container waits for another: they start in parallel, report their health, and reconnect.
var sitedb = builder.AddPostgres("sitedb")
    .WithDockerfile("../containers/site_db", "stage/Dockerfile")
    .WithImageName("site-psql")
    .WithNetwork(sitenet, site.Address(1))
    .WithVolume(site.DataVolume, "/var/lib/postgresql/data");

var blog = sitedb.AddDatabase("blog");

var siteblog = builder.AddDockerfile("siteblog", "../containers/site_blog", "stage/Dockerfile")
    .WithImageName("site-py")
    .WithNetwork(sitenet, site.Address(2))
    .WithHttpEndpoint(targetPort: 8000)
    .WithHttpHealthCheck("/health")
    .WithOtlpExporter(sitenet)
    .WithVolume(site.MediaVolume, "/srv/media")
    .WithReferenceRelationship(blog)
    .WithEnvironment("BLOG_HOST", sitedb.AddressOn(sitenet))
    .WithEnvironment("BLOG_PORT", "5432")
    .WithEnvironment("BLOG_DATABASENAME", blog.Resource.DatabaseName)
    .WithEnvironment("BLOG_USERNAME", sitedb.Resource.UserNameReference)
    .WithEnvironment("BLOG_PASSWORD", sitedb.Resource.PasswordParameter)
    .WithEnvironment("SESSION_SECRET", sessionSecret)
    .WithEnvironment("FIRST_AUTHOR", site.Author)
    .WithEnvironment("FIRST_AUTHOR_PASSWORD", authorPassword)
    .WithOptionalEnvironment("SITE_URL", site.SiteUrl)
    .WithOptionalEnvironment("CONTACT_LINKS", site.Contact);

var sitewww = builder.AddDockerfile("sitewww", "../containers/site_www", "stage/Dockerfile")
    .WithImageName("site-nginx")
    .WithNetwork(sitenet, site.Address(3))
    .WithHttpEndpoint(port: site.HttpPort, targetPort: 8080)
    .WithHttpHealthCheck("/health", endpointName: "http")
    .WithVolume(site.MediaVolume, "/www/media", isReadOnly: true)
    .WithReferenceRelationship(siteblog)
    .WithEnvironment("BLOG_URL", $"http://{siteblog.AddressOn(sitenet)}:8000");

if (site.HasTls)
{
    sitewww.WithTls(site.Tls, site.HostName, site.HttpsPort)
        .WithEnvironment("HSTS", site is { IsProduction: true, HttpPort: 80, HttpsPort: 443 } ? "on" : "off");
}

sitewww.WithExternalHttpEndpoints().WithListenAddress(site.Listen);

if (site.IsProduction)
{
    sitedb.WithHardening(memory: "1g", processes: 200);
    siteblog.WithHardening(memory: "512m", processes: 200).WithEnvironment("INI_FILE", "production.ini");
    sitewww.WithHardening(memory: "256m", processes: 50).WithEnvironment("CACHE", "on");
}
else
{
    sitedb.WithBindMount("../containers/site_db/code", "/code", isReadOnly: true);
    siteblog.WithBindMount("../containers/site_blog/code", "/srv/site", isReadOnly: true).WithEnvironment("INI_FILE", "development.ini");
    sitewww.WithBindMount("../containers/site_www/code", "/www/data", isReadOnly: true).WithEnvironment("CACHE", "off");
}

builder.EnsurePortsAreFree();
builder.ReuseUnchangedImages();
builder.TraceStart();
builder.ReportTo(Console.Out, front: "sitewww", site.HostName);
builder.MonitorEngine();

await using var application = builder.Build();
await application.RunToEndAsync();
