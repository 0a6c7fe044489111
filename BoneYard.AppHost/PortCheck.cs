using System.Net;
using System.Net.Sockets;

namespace BoneYard;

/// <summary>Says which port is taken before anything starts: the orchestrator itself would wait for it in silence.</summary>
internal static class PortCheck
{
    // The testing builder sets it: then the orchestrator chooses all ports, and the ones that are asked for do not matter.
    private const string RandomizePorts = "DcpPublisher:RandomizePorts";

    public static void EnsurePortsAreFree(this IDistributedApplicationBuilder builder) => builder.OnBeforeStart((@event, _) =>
    {
        if (!string.Equals(builder.Configuration[RandomizePorts], bool.TrueString, StringComparison.OrdinalIgnoreCase))
        {
            foreach (var resource in @event.Model.Resources)
            {
                foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>().Where(endpoint => endpoint.Port is not null))
                {
                    EnsureFree(resource, endpoint, endpoint.Port!.Value);
                }
            }
        }

        return Task.CompletedTask;
    });

    private static void EnsureFree(IResource resource, EndpointAnnotation endpoint, int port)
    {
        var isUdp = endpoint.Protocol is ProtocolType.Udp;

        try
        {
            using var probe = new Socket(isUdp ? SocketType.Dgram : SocketType.Stream, endpoint.Protocol);
            probe.Bind(new IPEndPoint(IPAddress.Loopback, port));

            if (!isUdp)
            {
                probe.Listen();
            }
        }
        catch (SocketException exception)
        {
            throw new DistributedApplicationException(
                $"Port {port}, for endpoint '{endpoint.Name}' of '{resource.Name}', cannot be used: {exception.Message}. Stop what listens there (`ss -{(isUdp ? 'u' : 't')}lnp 'sport = :{port}'` names it; another BoneYard, perhaps), or choose another port in the options of the site.");
        }
    }
}
