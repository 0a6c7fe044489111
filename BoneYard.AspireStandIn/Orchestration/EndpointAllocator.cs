using System.Diagnostics;
using System.Globalization;
using System.Net;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dcp;

namespace Aspire.Hosting.Orchestration;

/// <summary>
/// Gives each endpoint its addresses: on the host a DCP service, whose proxy stays while containers come and go, or the port that
/// the container runtime publishes; on the session network the container's own name and port.
/// </summary>
internal sealed class EndpointAllocator(StandInOptions options)
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(30);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static string ServiceNameOf(IResource resource, EndpointAnnotation endpoint) => $"{resource.Name}-{endpoint.Name}".ToLowerInvariant();

    public static string ProtocolOf(EndpointAnnotation endpoint) => endpoint.Protocol.ToString().ToUpperInvariant();

    public async Task AllocateAsync(DcpClient dcp, IResource resource, CancellationToken cancellationToken)
    {
        foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>())
        {
            var port = endpoint.IsProxied
                ? await ProxiedPortAsync(dcp, resource, endpoint, cancellationToken).ConfigureAwait(false)
                : endpoint.Port ?? throw new DistributedApplicationException($"Endpoint '{endpoint.Name}' of '{resource.Name}' has no proxy and no port. Give it a port.");
            var target = endpoint.TargetPort ?? throw new DistributedApplicationException(
                $"Endpoint '{endpoint.Name}' of container '{resource.Name}' has no target port. Give the port on which the container listens.");

            endpoint.AllocatedEndpoint = new AllocatedEndpoint(
                endpoint, AddressFor(endpoint.TargetHost), port, target.ToString(CultureInfo.InvariantCulture));
            endpoint.Allocate(
                KnownNetworkIdentifiers.DefaultAspireContainerNetwork,
                new AllocatedEndpoint(endpoint, $"{resource.Name.ToLowerInvariant()}.dev.internal", target));
        }
    }

    /// <summary>Where to reach what listens there: on all addresses, it does so on loopback too.</summary>
    private static string AddressFor(string host) =>
        IPAddress.TryParse(host, out var address) && !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any) ? host : "localhost";

    private async Task<int> ProxiedPortAsync(DcpClient dcp, IResource resource, EndpointAnnotation endpoint, CancellationToken cancellationToken)
    {
        var name = ServiceNameOf(resource, endpoint);
        var service = await dcp.CreateAsync(
            new DcpService
            {
                Metadata = { Name = name },
                Spec =
                {
                    Address = endpoint.TargetHost,
                    Port = options.RandomizePorts ? null : endpoint.Port,
                    Protocol = ProtocolOf(endpoint),
                },
            },
            cancellationToken).ConfigureAwait(false);

        for (var waiting = Stopwatch.StartNew(); service.Status?.EffectivePort is null or 0;)
        {
            if (waiting.Elapsed > Patience)
            {
                throw new DistributedApplicationException(
                    $"Endpoint '{endpoint.Name}' of '{resource.Name}' got no port within {Patience.TotalSeconds:0} s{(service.Spec.Port is { } port ? $"; port {port} may be in use or forbidden" : "")}.");
            }

            await Task.Delay(Poll, cancellationToken).ConfigureAwait(false);
            service = await dcp.GetAsync<DcpService>(name, cancellationToken).ConfigureAwait(false)
                ?? throw new DistributedApplicationException($"DCP dropped the service of endpoint '{endpoint.Name}' of '{resource.Name}'.");
        }

        return service.Status.EffectivePort.Value;
    }
}
