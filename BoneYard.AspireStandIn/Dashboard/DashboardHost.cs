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
    private const string ObjectName = "aspire-dashboard";
    private const int LinesShown = 5;

    // It gives way to everything else, so a busy machine keeps it from starting for long.
    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(3);
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
            Metadata = { Name = ObjectName },
            Spec =
            {
                ExecutablePath = command[0],
                WorkingDirectory = Path.GetDirectoryName(executable),
                Args = [.. command[1..]],
                Env = [.. Environment().Select(variable => new DcpEnvVar(variable.Key, variable.Value))],
            },
        };
    }

    /// <exception cref="DistributedApplicationException">It ended, or it did not answer in time.</exception>
    public async Task WaitUntilReadyAsync(DcpClient dcp, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(StartTimeout);
        using var client = clients.CreateClient(nameof(DashboardHost));

        try
        {
            while (!await AnswersAsync(client, timeout.Token).ConfigureAwait(false))
            {
                await EnsureStartsAsync(dcp, timeout.Token).ConfigureAwait(false);
                await Task.Delay(Poll, timeout.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DistributedApplicationException($"The dashboard did not answer at {options.Frontend[0]} within {StartTimeout.TotalMinutes:0} minutes.");
        }

        logger.LogInformation("Login to the dashboard at {LoginUrl}", options.Login);
    }

    public async Task StopAsync()
    {
        if (Interlocked.Exchange(ref _service, null) is { } service)
        {
            await service.StopAsync().ConfigureAwait(false);
            await service.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task<bool> AnswersAsync(HttpClient client, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await client.GetAsync(options.Frontend[0], HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private async Task EnsureStartsAsync(DcpClient dcp, CancellationToken cancellationToken)
    {
        if (await dcp.GetAsync<DcpExecutable>(ObjectName, cancellationToken).ConfigureAwait(false) is not { Status: { State: "FailedToStart" or "Finished" or "Terminated" } ended })
        {
            return;
        }

        var said = new List<string>();

        foreach (var source in (string[])["stdout", "stderr"])
        {
            await foreach (var line in dcp.LogAsync<DcpExecutable>(ObjectName, source, timestamps: false, cancellationToken).ConfigureAwait(false))
            {
                said.Add(line);
            }
        }

        // An exception's message, and not where it came from.
        var words = said.Where(line => !line.TrimStart().StartsWith("at ", StringComparison.Ordinal)).Take(LinesShown);
        throw new DistributedApplicationException(
            $"The dashboard did not start at {options.Frontend[0]} ({ended.State}, exit code {ended.ExitCode}). What it said:{string.Concat(words.Select(line => $"{System.Environment.NewLine}  {line}"))}");
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
