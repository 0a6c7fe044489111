using System.Globalization;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BoneYard.Tls;

/// <summary>Gives the front door its certificate.</summary>
internal static class TlsExtensions
{
    private const string Https = "https";
    private const int HttpsTargetPort = 8443;
    private const string Http3 = "http3";
    // The orchestrator tells the ports of a container apart by their numbers alone.
    private const int Http3TargetPort = 8444;

    private static readonly TimeSpan s_renewalInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_reportInterval = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Serves HTTPS with the certificate of a folder, or with one of the user's development authority. The folder is checked at
    /// once, before anything starts, and mounted read-only: a certificate that is replaced there is picked up while the site runs.
    /// </summary>
    /// <param name="folder">Holds <c>fullchain.pem</c> and <c>privkey.pem</c>, relative to the AppHost; null takes the development authority.</param>
    /// <param name="hostName">The name under which the site is visited; the certificate has to cover it.</param>
    /// <param name="port">The port on the host: TCP for HTTP/1.1 and HTTP/2, UDP for HTTP/3.</param>
    /// <exception cref="WrongOptionException">The site could not be served with that certificate; the message has the remedy.</exception>
    public static IResourceBuilder<T> WithTls<T>(this IResourceBuilder<T> builder, string? folder, string hostName, int port)
        where T : ContainerResource
    {
        var certificates = folder is null
            ? builder.RenewedFolder(DevelopmentAuthority.OfUser, hostName)
            : CertificateFolder.Check(Path.GetFullPath(folder, builder.ApplicationBuilder.AppHostDirectory), hostName, DateTimeOffset.UtcNow);

        builder
            .WithBindMount(certificates.Path, CertificateFolder.MountPoint, isReadOnly: true)
            .WithHttpsEndpoint(port, HttpsTargetPort, Https)
            .WithEndpoint(port, Http3TargetPort, scheme: "udp", Http3, protocol: ProtocolType.Udp)
            // No browser opens such an address: it is told of it when it visits the other one.
            .WithUrlForEndpoint(Http3, url => url.DisplayLocation = UrlDisplayLocation.DetailsOnly)
            .OnBeforeResourceStarted((_, @event, _) => @event.Services.GetRequiredKeyedService<CertificateReport>(builder.Resource.Name).ShowAsync());

        // A development certificate renews itself: nobody has to be warned of its end.
        builder.ApplicationBuilder.Services.AddKeyedSingleton(builder.Resource.Name, (services, _) => new CertificateReport(
            builder.Resource, builder.GetEndpoint(Https), certificates, hostName, warns: folder is not null, s_reportInterval,
            services.GetRequiredService<ResourceNotificationService>(), services.GetRequiredService<ResourceLoggerService>()));
        builder.ApplicationBuilder.Services.AddSingleton<IHostedService>(services => services.GetRequiredKeyedService<CertificateReport>(builder.Resource.Name));

        foreach (var linked in certificates.LinkedFolders)
        {
            builder.WithBindMount(linked.Source, linked.Target, isReadOnly: true);
        }

        if (folder is not null)
        {
            // Whoever asks for a name that it does not cover gets no answer. The container knows its names even when it is renewed.
            builder.WithEnvironment("SITE_HOSTS", "certificate");
        }

        return builder
            .WithEnvironment("TLS_HOST", hostName)
            .WithPortOf(Https, port, "HTTPS_PORT")
            .WithPortOf(Http3, port, "HTTP3_PORT");
    }

    /// <summary>
    /// A reference would give the port inside the container's network; a visitor is sent to the one on the host, which a test leaves
    /// to the orchestrator.
    /// </summary>
    private static IResourceBuilder<T> WithPortOf<T>(this IResourceBuilder<T> builder, string endpointName, int port, string variable)
        where T : ContainerResource
    {
        var endpoint = builder.GetEndpoint(endpointName);
        return builder.WithEnvironment(context =>
            context.EnvironmentVariables[variable] = (endpoint.IsAllocated ? endpoint.Port : port).ToString(CultureInfo.InvariantCulture));
    }

    private static CertificateFolder RenewedFolder<T>(this IResourceBuilder<T> builder, DevelopmentAuthority authority, string hostName)
        where T : ContainerResource
    {
        builder.ApplicationBuilder.Services.AddSingleton<IHostedService>(services =>
            new CertificateRenewal(authority, hostName, s_renewalInterval, services.GetRequiredService<ILogger<CertificateRenewal>>()));

        return authority.IssueFor(hostName);
    }
}
