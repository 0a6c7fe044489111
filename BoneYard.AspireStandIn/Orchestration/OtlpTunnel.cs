using System.Diagnostics;
using System.Text.RegularExpressions;
using Aspire.Hosting.Dcp;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Orchestration;

/// <summary>
/// Lets containers reach the dashboard's OTLP ports, which listen on the host's loopback only. DCP needs some seconds to
/// open it, but gives each port inside the number that it has outside, so that no container waits for it.
/// </summary>
internal sealed partial class OtlpTunnel(DcpClient dcp, string runtime, ILogger logger)
{
    // The name under which containers see the host.
    private const string HostAlias = "aspire.dev.internal";

    // Any image with glibc will do; the site's own images stand on this one, so it is there.
    private const string LocalBaseImage = "debian:trixie-slim";

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);

    /// <summary>The URL by which a container reaches what listens at this URL on the host.</summary>
    public static string InContainers(string url) => new UriBuilder(url) { Host = HostAlias }.Uri.ToString().TrimEnd('/');

    public async Task OpenAsync(string network, IReadOnlyList<Uri> targets, CancellationToken cancellationToken)
    {
        var proxy = new DcpTunnelProxy { Metadata = { Name = "otlp-tunnel" }, Spec = { ContainerNetworkName = network, Aliases = [HostAlias] } };

        foreach (var port in targets.Select(target => target.Port))
        {
            var server = $"dashboard-otlp-{port}";
            var client = $"{server}-in-containers";

            await dcp.CreateAsync(
                new DcpService { Metadata = { Name = server }, Spec = { Address = "127.0.0.1", Port = port, AddressAllocationMode = DcpService.Proxyless } },
                cancellationToken).ConfigureAwait(false);
            await dcp.CreateAsync(
                new DcpEndpoint { Metadata = { Name = server }, Spec = { ServiceName = server, Address = "127.0.0.1", Port = port } },
                cancellationToken).ConfigureAwait(false);
            await dcp.CreateAsync(
                new DcpService { Metadata = { Name = client }, Spec = { AddressAllocationMode = DcpService.Proxyless } },
                cancellationToken).ConfigureAwait(false);

            proxy.Spec.Tunnels.Add(new(server, server, client));
        }

        var end = await CreateAsync(proxy, cancellationToken).ConfigureAwait(false);

        if (end.State is "Failed" && MissingBaseImage().Match(end.Message ?? "") is { Success: true } missing)
        {
            // DCP builds the tunnel's image on one that this machine can neither pull nor has: give it one under that name.
            await TagAsync(LocalBaseImage, missing.Groups["image"].Value, cancellationToken).ConfigureAwait(false);
            await dcp.DeleteAsync<DcpTunnelProxy>(proxy.Metadata.Name, cancellationToken).ConfigureAwait(false);
            // Under the same name DCP would remember the failure.
            proxy.Metadata.Name += "-again";
            end = await CreateAsync(proxy, cancellationToken).ConfigureAwait(false);
        }

        if (end.State is "Failed")
        {
            logger.LogWarning("Telemetry of the containers cannot reach the dashboard; the tunnel failed: {Message}", end.Message);
        }
    }

    [GeneratedRegex(@"base image (?<image>\S+) and no local copy")]
    private static partial Regex MissingBaseImage();

    private async Task<DcpTunnelProxy.TunnelStatus> CreateAsync(DcpTunnelProxy proxy, CancellationToken cancellationToken)
    {
        await dcp.CreateAsync(proxy, cancellationToken).ConfigureAwait(false);

        while (true)
        {
            if (await dcp.GetAsync<DcpTunnelProxy>(proxy.Metadata.Name, cancellationToken).ConfigureAwait(false) is { Status: { State: "Running" or "Failed" } status })
            {
                return status;
            }

            await Task.Delay(Poll, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task TagAsync(string image, string name, CancellationToken cancellationToken)
    {
        using var tag = Process.Start(new ProcessStartInfo(runtime, ["tag", image, name]) { RedirectStandardError = true })!;
        var error = await tag.StandardError.ReadToEndAsync(cancellationToken).ConfigureAwait(false);
        await tag.WaitForExitAsync(cancellationToken).ConfigureAwait(false);

        if (tag.ExitCode != 0)
        {
            logger.LogWarning("'{Image}' could not be named '{Name}': {Error}", image, name, error.Trim());
        }
    }
}
