using System.Text.Json;
using System.Text.Json.Serialization;

namespace Aspire.Hosting.Dcp;

// The objects of DCP's API as far as they are used here. Names and shapes are DCP's, see api/v1 of microsoft/dcp.

internal abstract class DcpObject(string kind)
{
    public const string Group = "usvc-dev.developer.microsoft.com";

    public string ApiVersion { get; set; } = $"{Group}/v1";

    public string Kind { get; set; } = kind;

    public DcpMetadata Metadata { get; set; } = new();
}

internal sealed class DcpMetadata
{
    public string Name { get; set; } = "";

    public string? ResourceVersion { get; set; }

    public DateTime? DeletionTimestamp { get; set; }

    public Dictionary<string, string>? Annotations { get; set; }
}

internal sealed class DcpNetwork() : DcpObject("ContainerNetwork")
{
    public NetworkSpec Spec { get; set; } = new();

    public NetworkStatus? Status { get; set; }

    internal sealed class NetworkSpec
    {
        public string? NetworkName { get; set; }

        public bool Ipv6 { get; set; }
    }

    internal sealed class NetworkStatus
    {
        public string? State { get; set; }

        public string? NetworkName { get; set; }

        public string? Message { get; set; }
    }
}

internal sealed class DcpService() : DcpObject("Service")
{
    public const string Localhost = "Localhost";
    public const string Proxyless = "Proxyless";

    public ServiceSpec Spec { get; set; } = new();

    public ServiceStatus? Status { get; set; }

    internal sealed class ServiceSpec
    {
        public string? Address { get; set; }

        public int? Port { get; set; }

        public string Protocol { get; set; } = "TCP";

        public string AddressAllocationMode { get; set; } = Localhost;
    }

    internal sealed class ServiceStatus
    {
        public string? EffectiveAddress { get; set; }

        public int? EffectivePort { get; set; }

        public string? State { get; set; }
    }
}

/// <summary>Where a <see cref="DcpService"/> without a proxy really is.</summary>
internal sealed class DcpEndpoint() : DcpObject("Endpoint")
{
    public EndpointSpec Spec { get; set; } = new();

    internal sealed class EndpointSpec
    {
        public string ServiceNamespace { get; set; } = "";

        public string ServiceName { get; set; } = "";

        public string Address { get; set; } = "localhost";

        public int Port { get; set; }
    }
}

internal sealed record DcpEnvVar(string Name, string Value);

internal sealed class DcpContainer() : DcpObject("Container")
{
    public ContainerSpec Spec { get; set; } = new();

    public ContainerStatus? Status { get; set; }

    internal sealed class ContainerSpec
    {
        public string? Image { get; set; }

        public BuildContext? Build { get; set; }

        public string? ContainerName { get; set; }

        public string? Command { get; set; }

        public List<string>? Args { get; set; }

        public List<DcpEnvVar>? Env { get; set; }

        public List<Port>? Ports { get; set; }

        public List<Mount>? VolumeMounts { get; set; }

        public List<Connection>? Networks { get; set; }

        public List<string>? RunArgs { get; set; }

        public bool? Stop { get; set; }
    }

    internal sealed record BuildContext(string Context, string Dockerfile, string? Stage, List<DcpEnvVar>? Args);

    internal sealed record Port(int ContainerPort, int? HostPort, string? HostIP, string Protocol);

    internal sealed record Mount(string Type, string? Source, string Target, bool ReadOnly);

    internal sealed record Connection(string Name, List<string> Aliases);

    internal sealed class ContainerStatus
    {
        public string? State { get; set; }

        public string? ContainerId { get; set; }

        public DateTime? StartupTimestamp { get; set; }

        public DateTime? FinishTimestamp { get; set; }

        public int? ExitCode { get; set; }

        public string? Message { get; set; }

        public List<DcpEnvVar>? EffectiveEnv { get; set; }

        public List<string>? EffectiveArgs { get; set; }
    }
}

internal sealed class DcpExecutable() : DcpObject("Executable")
{
    public ExecutableSpec Spec { get; set; } = new();

    public ExecutableStatus? Status { get; set; }

    internal sealed class ExecutableSpec
    {
        public string ExecutablePath { get; set; } = "";

        public string? WorkingDirectory { get; set; }

        public List<string>? Args { get; set; }

        public List<DcpEnvVar>? Env { get; set; }

        public string ExecutionType { get; set; } = "Process";
    }

    internal sealed class ExecutableStatus
    {
        public string? State { get; set; }

        public int? ExitCode { get; set; }
    }
}

/// <summary>Lets the containers of a network reach ports on the host's loopback.</summary>
internal sealed class DcpTunnelProxy() : DcpObject("ContainerNetworkTunnelProxy")
{
    public TunnelSpec Spec { get; set; } = new();

    public TunnelStatus? Status { get; set; }

    internal sealed class TunnelSpec
    {
        public string ContainerNetworkName { get; set; } = "";

        public List<string>? Aliases { get; set; }

        public List<Tunnel> Tunnels { get; set; } = [];
    }

    internal sealed record Tunnel(string Name, string ServerServiceName, string ClientServiceName);

    internal sealed class TunnelStatus
    {
        public string? State { get; set; }

        public string? Message { get; set; }
    }
}

internal static class DcpJson
{
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };
}
