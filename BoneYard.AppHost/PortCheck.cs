using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Configuration;

namespace BoneYard;

/// <summary>Says which port is taken before anything starts: the orchestrator itself would wait for it in silence.</summary>
internal static class PortCheck
{
    // The testing builder sets it.
    private const string RandomizePorts = "DcpPublisher:RandomizePorts";

    // An AppHost that was killed a moment ago has an orchestrator that still tidies up.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    // Where Aspire's dashboard and what serves it listen.
    private static readonly string[] s_dashboard =
        ["ASPNETCORE_URLS", "ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL", "ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL", "ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL"];

    public static void EnsurePortsAreFree(this IDistributedApplicationBuilder builder) => builder.OnBeforeStart((@event, _) =>
    {
        if (builder.ExecutionContext.IsRunMode && !AreChosenByOrchestrator(builder.Configuration))
        {
            EnsureFree([.. PortsOf(@event.Model.Resources), .. PortsOfDashboard(builder.Configuration)]);
        }

        return Task.CompletedTask;
    });

    /// <summary>Whether the ports that are asked for do not matter.</summary>
    internal static bool AreChosenByOrchestrator(IConfiguration configuration) => string.Equals(configuration[RandomizePorts], bool.TrueString, StringComparison.OrdinalIgnoreCase);

    /// <param name="ports">All that one start takes: two uses of the same port are found too.</param>
    /// <exception cref="DistributedApplicationException">One of them cannot be had; the message names it.</exception>
    internal static void EnsureFree(IReadOnlyList<PortUse> ports)
    {
        var twice = ports.GroupBy(use => (use.Port, use.Protocol)).FirstOrDefault(uses => uses.Count() > 1)?.ToArray();

        if (twice is not null)
        {
            throw new DistributedApplicationException($"Port {twice[0].Port} is to serve {string.Join(" and ", twice.Select(use => use.Purpose))}. Give each its own.");
        }

        foreach (var use in ports)
        {
            EnsureFree(use);
        }
    }

    private static void EnsureFree(PortUse use)
    {
        for (var waiting = Stopwatch.StartNew(); !IsFree(use, out var reason); Thread.Sleep(100))
        {
            if (reason.SocketErrorCode is SocketError.AccessDenied)
            {
                throw Refusal(use, reason, "Ports below 1024 are for root alone on this machine: choose a higher one.");
            }

            if (reason.SocketErrorCode is SocketError.AddressNotAvailable)
            {
                throw new WrongOptionException($"Option --listen is '{use.Address}', but no interface of this machine has that address. Use localhost, an IPv4 address of this machine, or 0.0.0.0 for all of them.");
            }

            if (waiting.Elapsed > s_patience)
            {
                throw Refusal(use, reason, $"Stop what listens there (`ss -lntup 'sport = :{use.Port}'` or `lsof -i :{use.Port}` names it; another BoneYard, perhaps), or choose another port.");
            }
        }
    }

    private static DistributedApplicationException Refusal(PortUse use, SocketException reason, string remedy) =>
        new($"Port {use.Port}, for {use.Purpose}, cannot be used: {reason.Message}. {remedy}");

    private static bool IsFree(PortUse use, [NotNullWhen(false)] out SocketException? reason)
    {
        reason = null;

        try
        {
            if (use.Protocol is ProtocolType.Udp)
            {
                using var probe = new UdpClient(new IPEndPoint(use.Address, use.Port));
            }
            else
            {
                using var probe = new TcpListener(use.Address, use.Port);
                probe.Start();
            }

            return true;
        }
        catch (SocketException exception)
        {
            reason = exception;
            return false;
        }
    }

    private static IEnumerable<PortUse> PortsOf(IEnumerable<IResource> resources) =>
        from resource in resources
        from endpoint in resource.Annotations.OfType<EndpointAnnotation>()
        where endpoint.Port is not null
        let address = IPAddress.TryParse(endpoint.TargetHost, out var parsed) ? parsed : IPAddress.Loopback
        select new PortUse($"endpoint '{endpoint.Name}' of '{resource.Name}'", endpoint.Port!.Value, endpoint.Protocol) { Address = address };

    private static IEnumerable<PortUse> PortsOfDashboard(IConfiguration configuration) =>
        from key in s_dashboard
        let url = configuration[key]?.Split(';')[0]
        where Uri.TryCreate(url, UriKind.Absolute, out var parsed) && parsed.IsLoopback && parsed.Port != 0
        select new PortUse(key, new Uri(url!).Port, ProtocolType.Tcp);
}

/// <param name="Purpose">What the port is for, in words.</param>
internal sealed record PortUse(string Purpose, int Port, ProtocolType Protocol)
{
    public IPAddress Address { get; init; } = IPAddress.Loopback;
}
