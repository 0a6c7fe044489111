using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Configuration;

namespace BoneYard;

/// <summary>Names a port that is in use before anything starts; the orchestrator would wait for it without a word.</summary>
internal static class PortCheck
{
    // The orchestrator of an AppHost that was killed may still be cleaning up.
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(5);

    private static readonly string[] s_dashboardUrls =
        ["ASPNETCORE_URLS", "ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL", "ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL", "ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL"];

    /// <summary>Checks the ports of all endpoints and of the dashboard, in run mode, unless the orchestrator chooses them.</summary>
    public static void EnsurePortsAreFree(this IDistributedApplicationBuilder builder) => builder.OnBeforeStart((@event, _) =>
    {
        if (builder.ExecutionContext.IsRunMode && !AreRandom(builder.Configuration))
        {
            EnsureFree([.. PortsOf(@event.Model.Resources), .. PortsOfDashboard(builder.Configuration)]);
        }

        return Task.CompletedTask;
    });

    /// <summary>Whether the orchestrator ignores the configured ports and chooses free ones, as in tests.</summary>
    internal static bool AreRandom(IConfiguration configuration) => configuration.GetValue<bool>("DcpPublisher:RandomizePorts");

    /// <param name="ports">All ports of one start; a port that is used twice is an error too.</param>
    /// <exception cref="DistributedApplicationException">A port cannot be used. The message names it, its purpose and the remedy.</exception>
    internal static void EnsureFree(IReadOnlyList<PortUse> ports)
    {
        if (ports.GroupBy(use => (use.Port, use.Protocol)).FirstOrDefault(uses => uses.Count() > 1) is { } twice)
        {
            var purposes = string.Join(" and ", twice.Select(use => use.Purpose));
            throw new DistributedApplicationException($"Port {twice.Key.Port} is used twice: for {purposes}. Set a different port for one of them.");
        }

        foreach (var use in ports)
        {
            EnsureFree(use);
        }
    }

    private static void EnsureFree(PortUse use)
    {
        for (var waiting = Stopwatch.StartNew(); ; Thread.Sleep(100))
        {
            try
            {
                using var socket = new Socket(use.Address.AddressFamily, use.Protocol is ProtocolType.Udp ? SocketType.Dgram : SocketType.Stream, use.Protocol);
                socket.ExclusiveAddressUse = OperatingSystem.IsWindows();
                socket.Bind(new IPEndPoint(use.Address, use.Port));
                return;
            }
            catch (SocketException error) when (error.SocketErrorCode is SocketError.AddressNotAvailable)
            {
                throw new WrongOptionException(
                    $"Option --listen is '{use.Address}', but no interface of this machine has that address. "
                    + "Use localhost, an IPv4 address of this machine, or 0.0.0.0 for all of them.");
            }
            catch (SocketException error) when (error.SocketErrorCode is SocketError.AccessDenied || waiting.Elapsed > s_timeout)
            {
                var remedy = error.SocketErrorCode is SocketError.AccessDenied
                    ? "Ports below 1024 require root on this machine: choose a higher port."
                    : $"Stop the process that listens there (`ss -lntup 'sport = :{use.Port}'` or `lsof -i :{use.Port}` shows it; it may be another BoneYard), or choose another port.";
                throw new DistributedApplicationException($"Port {use.Port}, for {use.Purpose}, cannot be used: {error.Message}. {remedy}");
            }
            catch (SocketException)
            {
                // Try again.
            }
        }
    }

    private static IEnumerable<PortUse> PortsOf(IEnumerable<IResource> resources) =>
        from resource in resources
        from endpoint in resource.Annotations.OfType<EndpointAnnotation>()
        where endpoint.Port is not null
        let address = IPAddress.TryParse(endpoint.TargetHost, out var parsed) ? parsed : IPAddress.Loopback
        select new PortUse($"endpoint '{endpoint.Name}' of '{resource.Name}'", address, endpoint.Port!.Value, endpoint.Protocol);

    private static IEnumerable<PortUse> PortsOfDashboard(IConfiguration configuration) =>
        from key in s_dashboardUrls
        let url = configuration[key]?.Split(';')[0]
        where Uri.TryCreate(url, UriKind.Absolute, out var parsed) && parsed.IsLoopback && parsed.Port != 0
        select new PortUse(key, IPAddress.Loopback, new Uri(url!).Port, ProtocolType.Tcp);
}

/// <param name="Purpose">What listens there, in words.</param>
internal sealed record PortUse(string Purpose, IPAddress Address, int Port, ProtocolType Protocol);
