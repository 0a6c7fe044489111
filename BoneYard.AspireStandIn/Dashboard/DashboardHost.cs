using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dcp;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Dashboard;

/// <summary>Runs the real dashboard as an executable of DCP's, and the service that tells it of the resources in this process.</summary>
internal sealed class DashboardHost(
    DashboardOptions options,
    ResourceNotificationService notifications,
    ResourceLoggerService loggers,
    ResourceCommandService commands,
    IHostEnvironment environment,
    IHttpClientFactory clients,
    ILogger<DashboardHost> logger)
{
    private const string Nice = "/usr/bin/nice";

    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);

    private WebApplication? _service;

    public IReadOnlyList<Uri> OtlpEndpoints => [.. options.Otlp];

    /// <summary>Starts the resource service, and gives the object of which DCP makes the dashboard's process.</summary>
    public async Task<DcpExecutable> StartAsync(string executable, CancellationToken cancellationToken)
    {
        if (!File.Exists(executable))
        {
            throw new DistributedApplicationException($"The dashboard '{executable}' is missing. Run ./boneyard setup, which installs it.");
        }

        _service = BuildService();
        await _service.StartAsync(cancellationToken).ConfigureAwait(false);

        // It gives way to the containers, which start at the same time.
        string[] command = File.Exists(Nice) ? [Nice, executable, "dashboard"] : [executable, "dashboard"];

        return new DcpExecutable
        {
            Metadata = { Name = "aspire-dashboard" },
            Spec =
            {
                ExecutablePath = command[0],
                WorkingDirectory = Path.GetDirectoryName(executable),
                Args = [.. command[1..]],
                Env = [.. Environment().Select(variable => new DcpEnvVar(variable.Key, variable.Value))],
            },
        };
    }

    public async Task WaitUntilReadyAsync(string executable, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(StartTimeout);
        using var client = clients.CreateClient(nameof(DashboardHost));

        while (true)
        {
            try
            {
                using var response = await client.GetAsync(options.Frontend[0], HttpCompletionOption.ResponseHeadersRead, timeout.Token).ConfigureAwait(false);
                logger.LogInformation("Login to the dashboard at {LoginUrl}", options.Login);
                return;
            }
            catch (HttpRequestException) when (!timeout.IsCancellationRequested)
            {
                // It is not there yet.
            }
            catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                throw new DistributedApplicationException(
                    $"The dashboard did not answer at {options.Frontend[0]} within {StartTimeout.TotalSeconds:0} s. Run '{executable} dashboard' by hand: it may say why.");
            }

            await Task.Delay(Poll, CancellationToken.None).ConfigureAwait(false);
        }
    }

    public async Task StopAsync()
    {
        if (Interlocked.Exchange(ref _service, null) is { } service)
        {
            await service.StopAsync().ConfigureAwait(false);
            await service.DisposeAsync().ConfigureAwait(false);
        }
    }

    private WebApplication BuildService()
    {
        var builder = WebApplication.CreateSlimBuilder();

        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(options.ResourceService.Port, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc(grpc => grpc.Interceptors.Add<ApiKeyInterceptor>(options.ResourceServiceApiKey));
        builder.Services.AddSingleton(notifications);
        builder.Services.AddSingleton(loggers);
        builder.Services.AddSingleton(commands);
        builder.Services.AddSingleton(environment);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(1));

        var service = builder.Build();
        service.MapGrpcService<ResourceService>();
        return service;
    }

    private Dictionary<string, string> Environment()
    {
        var variables = new Dictionary<string, string>
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Production",
            ["ASPNETCORE_URLS"] = string.Join(';', options.Frontend.Select(DashboardOptions.Text)),
            ["ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL"] = DashboardOptions.Text(options.ResourceService),
            ["DASHBOARD__RESOURCESERVICECLIENT__AUTHMODE"] = "ApiKey",
            ["DASHBOARD__RESOURCESERVICECLIENT__APIKEY"] = options.ResourceServiceApiKey,
            ["DASHBOARD__FRONTEND__AUTHMODE"] = "BrowserToken",
            ["DASHBOARD__FRONTEND__BROWSERTOKEN"] = options.BrowserToken,
            ["DASHBOARD__OTLP__AUTHMODE"] = "ApiKey",
            ["DASHBOARD__OTLP__PRIMARYAPIKEY"] = options.OtlpApiKey,
            ["LOGGING__LOGLEVEL__DEFAULT"] = "Warning",
            // As the AppHost itself has it (BoneYard.AppHost.csproj), in hexadecimal milliseconds.
            ["DOTNET_TieredPGO"] = "0",
            ["DOTNET_TC_CallCountingDelayMs"] = "2710",
        };

        if (options.OtlpGrpc is { } grpc)
        {
            variables[OtlpConfigurationExtensions.GrpcUrlKey] = DashboardOptions.Text(grpc);
        }

        if (options.OtlpHttp is { } http)
        {
            variables[OtlpConfigurationExtensions.HttpUrlKey] = DashboardOptions.Text(http);
        }

        return variables;
    }
}
