using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;

namespace BoneYard.Tls;

/// <summary>Serves HTTPS with a given certificate, or in development with the ASP.NET Core development certificate.</summary>
internal static class TlsExtensions
{
    private const string Https = "https";
    private const string Http3 = "http3";

    /// <summary>Gives Aspire the user's development certificate, trusted or not. DCP serves its API with it, in production too.</summary>
    public static void UseDevelopmentCertificate(this IDistributedApplicationBuilder builder) =>
        builder.Services.AddSingleton<IDeveloperCertificateService, DevelopmentCertificate>();

    /// <summary>
    /// Serves HTTPS and HTTP/3, with a health check that shows the certificate. A given folder is checked at once, before anything
    /// starts, and mounted read-only: a renewed certificate is served without a restart.
    /// </summary>
    /// <param name="folder">Holds <c>fullchain.pem</c> and <c>privkey.pem</c>, relative to the AppHost; null means the development certificate, for localhost only.</param>
    /// <param name="hostName">The name by which visitors reach the site; the certificate has to cover it.</param>
    /// <param name="port">The port on the host: TCP for HTTP/1.1 and HTTP/2, UDP for HTTP/3.</param>
    /// <exception cref="WrongOptionException">The site cannot be served with that certificate; the message has the remedy.</exception>
    public static IResourceBuilder<T> WithTls<T>(this IResourceBuilder<T> builder, string? folder, string hostName, int port) where T : ContainerResource
    {
        folder = folder is null ? null : Path.GetFullPath(folder, builder.ApplicationBuilder.AppHostDirectory);

        return (folder is null ? builder.WithDevelopmentCertificate() : builder.WithCertificateFolder(folder, hostName))
            .WithHttpsEndpoint(port, targetPort: 8443, Https)
            // The orchestrator distinguishes the ports of a container by their numbers alone.
            .WithEndpoint(port, targetPort: 8444, scheme: "udp", Http3, protocol: ProtocolType.Udp)
            // Browsers do not open such a URL: the HTTPS endpoint announces it to them.
            .WithUrlForEndpoint(Http3, url => url.DisplayLocation = UrlDisplayLocation.DetailsOnly)
            .WithCertificateHealthCheck(hostName, folder)
            .WithEnvironment("TLS_HOST", hostName)
            .WithEnvironment("HTTPS_PORT", () => PortOnHost(Https))
            .WithEnvironment("HTTP3_PORT", () => PortOnHost(Http3));

        // Where visitors are redirected to. A reference gives the container's port; in tests the orchestrator chooses the one on the host.
        string PortOnHost(string name) => $"{(builder.GetEndpoint(name) is { IsAllocated: true } endpoint ? endpoint.Port : port)}";
    }

    private static IResourceBuilder<T> WithCertificateFolder<T>(this IResourceBuilder<T> builder, string folder, string hostName) where T : ContainerResource
    {
        CertificateFolder.Check(folder, hostName, DateTimeOffset.UtcNow);

        foreach (var (source, target) in FolderMount.For(folder, "/www/tls", CertificateFolder.ChainFile, CertificateFolder.KeyFile))
        {
            builder.WithBindMount(source, target, isReadOnly: true);
        }

        // Nginx closes connections for other names. It reads the names from the certificate, also from a renewed one.
        return builder.WithEnvironment("SITE_HOSTS", "certificate");
    }

    private static IResourceBuilder<T> WithDevelopmentCertificate<T>(this IResourceBuilder<T> builder) where T : ContainerResource =>
        builder.OnBeforeResourceStarted((_, @event, _) => @event.Services.GetRequiredService<IDeveloperCertificateService>().Certificates.IsEmpty
                ? throw new DistributedApplicationException("There is no ASP.NET Core development certificate. Run `dotnet dev-certs https`, or set --tls to off.")
                : Task.CompletedTask)
            .WithHttpsDeveloperCertificate()
            .WithHttpsCertificateConfiguration(context =>
            {
                context.EnvironmentVariables["TLS_CERTIFICATE"] = context.CertificatePath;
                context.EnvironmentVariables["TLS_KEY"] = context.KeyPath;
                return Task.CompletedTask;
            });

    private static IResourceBuilder<T> WithCertificateHealthCheck<T>(this IResourceBuilder<T> builder, string hostName, string? folder) where T : ContainerResource
    {
        var name = $"{builder.Resource.Name}_certificate";
        builder.ApplicationBuilder.Services.AddHealthChecks().Add(new(
            name, services => new CertificateHealthCheck(builder.GetEndpoint(Https), hostName, folder, services.GetRequiredService<ResourceNotificationService>()),
            failureStatus: null, tags: null, timeout: TimeSpan.FromSeconds(10)));
        return builder.WithHealthCheck(name);
    }
}
