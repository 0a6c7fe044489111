using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting;

/// <summary>Where DCP and the dashboard are, and how to run them.</summary>
internal sealed record StandInOptions(string DcpPath, string DashboardPath, string? ContainerRuntime, bool RandomizePorts, bool EnableContainerTunnel)
{
    private static readonly string[] s_containerRuntimeKeys = ["DcpPublisher:ContainerRuntime", "ASPIRE_CONTAINER_RUNTIME", "DOTNET_ASPIRE_CONTAINER_RUNTIME"];

    public const string RandomizePortsKey = "DcpPublisher:RandomizePorts";

    /// <summary>ASPIRE_DCP_PATH (a folder) and ASPIRE_DASHBOARD_PATH (an executable) win over the bundle that the set-up unpacked.</summary>
    public static StandInOptions From(IConfiguration configuration, Func<string, string?> metadata)
    {
        var bundle = metadata("AspireBundlePath") ?? "";

        return new(
            Path.Combine(configuration["ASPIRE_DCP_PATH"] ?? Path.Combine(bundle, "dcp"), "dcp"),
            configuration["ASPIRE_DASHBOARD_PATH"] ?? Path.Combine(bundle, "managed", "aspire-managed"),
            s_containerRuntimeKeys.Select(key => configuration[key]).FirstOrDefault(value => !string.IsNullOrEmpty(value)),
            configuration.GetValue<bool>(RandomizePortsKey),
            configuration.GetValue("ASPIRE_ENABLE_CONTAINER_TUNNEL", defaultValue: true));
    }
}
