using BoneYard;

FatalErrors.EndInOneLine();

var builder = DistributedApplication.CreateBuilder(args);
var site = SiteOptions.From(builder.Configuration);

var sessionSecret = builder.AddParameter("session-secret", new GenerateParameterDefault { MinLength = 44, Special = false }, secret: true, persist: true);

// Nobody waits for anybody: each container starts without the others, says so in its health, and finds them when they are up.
var sitedb = builder.AddPostgres("sitedb")
    .WithDockerfile("../containers/site_db", "stage/Dockerfile")
    .WithVolume(site.DataVolume, "/var/lib/postgresql/data");

var blog = sitedb.AddDatabase("blog");

var siteblog = builder.AddDockerfile("siteblog", "../containers/site_blog", "stage/Dockerfile")
    .WithBuildArg("ini_file", "development.ini")
    .WithHttpEndpoint(targetPort: 8000)
    .WithHttpHealthCheck("/health")
    .WithOtlpExporter(OtlpProtocol.HttpProtobuf)
    .WithVolume(site.MediaVolume, "/srv/media")
    .WithEnvironment("SESSION_SECRET", sessionSecret)
    .WithReference(blog);

builder.AddDockerfile("sitewww", "../containers/site_www", "stage/Dockerfile")
    .WithHttpEndpoint(port: site.HttpPort, targetPort: 8080)
    .WithExternalHttpEndpoints()
    .WithHttpHealthCheck("/health")
    .WithVolume(site.MediaVolume, "/www/media", isReadOnly: true)
    .WithEnvironment("BLOG_URL", siteblog.GetEndpoint("http"));

builder.EnsurePortsAreFree();
builder.ReportTo(Console.Out, front: "sitewww");

builder.Build().Run();
