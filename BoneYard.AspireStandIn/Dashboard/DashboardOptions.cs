using System.Net.NetworkInformation;
using System.Security.Cryptography;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting.Dashboard;

/// <summary>Where the dashboard listens and what opens it; written back to the configuration, where others look it up.</summary>
internal sealed record DashboardOptions(
    IReadOnlyList<Uri> Frontend, Uri? OtlpGrpc, Uri? OtlpHttp, Uri ResourceService,
    string BrowserToken, string OtlpApiKey, string ResourceServiceApiKey)
{
    private const string FrontendKey = "ASPNETCORE_URLS";
    private const string ResourceServiceKey = "ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL";
    private const string BrowserTokenKey = "AppHost:BrowserToken";
    private const string ResourceServiceApiKeyKey = "AppHost:ResourceService:ApiKey";
    private const string AllowUnsecuredKey = "ASPIRE_ALLOW_UNSECURED_TRANSPORT";
    private const int FirstPort = 20_000;
    private const int PortCount = 12_000;

    public IEnumerable<Uri> Otlp => ((Uri?[])[OtlpGrpc, OtlpHttp]).OfType<Uri>();

    public Uri Login => new(Frontend[0], $"/login?t={BrowserToken}");

    /// <exception cref="DistributedApplicationException">A URL is malformed, or plain HTTP without leave.</exception>
    public static DashboardOptions From(IConfigurationManager configuration, bool allowUnsecuredTransport)
    {
        var allowed = allowUnsecuredTransport || configuration.GetValue<bool>(AllowUnsecuredKey);
        var random = configuration.GetValue<bool>(StandInOptions.RandomizePortsKey);
        var freePorts = new Lazy<Queue<int>>(FreePorts);

        var options = new DashboardOptions(
            [.. (configuration[FrontendKey] ?? "http://localhost:0").Split(';').Select(url => Parse(FrontendKey, url))],
            Optional(OtlpConfigurationExtensions.GrpcUrlKey),
            Optional(OtlpConfigurationExtensions.HttpUrlKey),
            Parse(ResourceServiceKey, configuration[ResourceServiceKey] ?? "http://localhost:0"),
            configuration[BrowserTokenKey] ?? configuration["ASPIRE_DASHBOARD_FRONTEND_BROWSERTOKEN"] ?? NewSecret(),
            configuration[OtlpConfigurationExtensions.ApiKeyKey] ?? NewSecret(),
            configuration[ResourceServiceApiKeyKey] ?? NewSecret());

        // A source of its own, for what is only set in a configuration is gone when somebody puts another source in front.
        configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            [FrontendKey] = string.Join(';', options.Frontend.Select(Text)),
            [OtlpConfigurationExtensions.GrpcUrlKey] = options.OtlpGrpc is { } grpc ? Text(grpc) : null,
            [OtlpConfigurationExtensions.HttpUrlKey] = options.OtlpHttp is { } http ? Text(http) : null,
            [BrowserTokenKey] = options.BrowserToken,
            [OtlpConfigurationExtensions.ApiKeyKey] = options.OtlpApiKey,
            [ResourceServiceApiKeyKey] = options.ResourceServiceApiKey,
        });
        return options;

        Uri? Optional(string key) => configuration[key] is { Length: > 0 } url ? Parse(key, url) : null;

        static string NewSecret() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

        Uri Parse(string key, string text)
        {
            if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            {
                throw new DistributedApplicationException($"{key} is '{text}', which is no http or https URL. Give one such as http://localhost:15888.");
            }

            if (url.Scheme is "http" && !allowed)
            {
                throw new DistributedApplicationException($"{key} is '{text}': plain HTTP is allowed only with {AllowUnsecuredKey}=true, as in the launch profile 'http'.");
            }

            return random || url.Port == 0 ? new UriBuilder(url) { Port = freePorts.Value.Dequeue() }.Uri : url;
        }
    }

    public static string Text(Uri url) => url.ToString().TrimEnd('/');

    /// <summary>None of those that the system gives to connections and to containers: one of them could be taken before the dashboard is up.</summary>
    private static Queue<int> FreePorts()
    {
        var taken = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Select(listener => listener.Port);
        var ports = Enumerable.Range(FirstPort, PortCount).Except(taken).ToArray();
        Random.Shared.Shuffle(ports);
        return new(ports);
    }
}
