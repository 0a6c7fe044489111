using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace Aspire.Hosting.Dcp;

/// <summary>
/// The orchestrator, run as a process of its own: <c>dcp start-apiserver</c>. It watches this process and cleans up when
/// that dies, so that a killed AppHost leaves no container and no network.
/// </summary>
internal sealed class DcpProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan CleanupTimeout = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);

    private readonly string _session;

    private DcpProcess(DcpClient client, string session)
    {
        Client = client;
        _session = session;
    }

    public DcpClient Client { get; }

    /// <param name="dcp">The executable.</param>
    /// <param name="runtime">docker or podman; null lets DCP choose.</param>
    /// <exception cref="DistributedApplicationException">It cannot be run, or does not get ready.</exception>
    public static async Task<DcpProcess> StartAsync(string dcp, string? runtime, CancellationToken cancellationToken)
    {
        var session = Directory.CreateTempSubdirectory("boneyard-dcp-").FullName;

        try
        {
            var kubeconfig = Path.Combine(session, "kubeconfig");
            var certificate = Path.Combine(session, "certificate.pem");
            var key = Path.Combine(session, "key.pem");
            WriteCertificate(certificate, key);
            List<string> args =
            [
                "start-apiserver", "--detach", "--kubeconfig", kubeconfig, "--tls-cert-file", certificate, "--tls-key-file", key,
                "--monitor", Environment.ProcessId.ToString(CultureInfo.InvariantCulture), "--monitor-interval", "1",
            ];

            if (runtime is not null)
            {
                args.AddRange(["--container-runtime", runtime]);
            }

            var (output, error) = await RunAsync(dcp, args, session, cancellationToken).ConfigureAwait(false);
            var client = await WaitUntilReadyAsync(dcp, kubeconfig, certificate, output + error, cancellationToken).ConfigureAwait(false);
            return new(client, session);
        }
        catch
        {
            DeleteIfPresent(session);
            throw;
        }
    }

    /// <summary>Checks that the container runtime answers, in words that DCP keeps to itself.</summary>
    public static async Task EnsureRuntimeAsync(string dcp, string? runtime, CancellationToken cancellationToken)
    {
        List<string> args = runtime is null ? ["info"] : ["info", "--container-runtime", runtime];
        var (output, _) = await RunAsync(dcp, args, session: null, cancellationToken).ConfigureAwait(false);
        var containers = JsonDocument.Parse(output).RootElement.GetProperty("containers");

        if (containers.GetProperty("running").GetBoolean())
        {
            return;
        }

        var name = containers.TryGetProperty("runtime", out var found) ? found.GetString() : runtime ?? "docker";
        var reason = containers.TryGetProperty("error", out var error) ? error.GetString() : null;

        throw new DistributedApplicationException(
            $"The container runtime '{name}' is not usable{(string.IsNullOrWhiteSpace(reason) ? "" : $": {reason.Trim()}")}. Start Docker 25 or later (or Podman), check that `{name} version` shows a server, or run ./boneyard setup.");
    }

    /// <summary>Stops all that was created, waits until it is gone, then ends DCP.</summary>
    /// <exception cref="DistributedApplicationException">Something would not go. DCP tries on when this process ends.</exception>
    public async ValueTask DisposeAsync()
    {
        using var timeout = new CancellationTokenSource(CleanupTimeout);

        try
        {
            await Client.RequestAsync(new { status = "CleaningResources", shutdownResourceCleanup = "Full" }, timeout.Token).ConfigureAwait(false);

            while (await Client.ExecutionStatusAsync(timeout.Token).ConfigureAwait(false) is not "CleanupComplete")
            {
                await Task.Delay(Poll, timeout.Token).ConfigureAwait(false);
            }

            await Client.RequestAsync(new { status = "Stopping" }, timeout.Token).ConfigureAwait(false);
            await WaitUntilGoneAsync(timeout.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            // DCP ended before us: in order, then its session folder goes in a moment; killed, then it never does.
            timeout.CancelAfter(TimeSpan.FromSeconds(10));
            await WaitUntilGoneAsync(timeout.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            DeleteIfPresent(_session);
        }
        catch (OperationCanceledException exception)
        {
            throw new DistributedApplicationException(
                $"DCP did not remove all containers and networks within {CleanupTimeout.TotalSeconds:0} s. See with `docker ps --all`, or `podman ps --all`, what is left.", exception);
        }
        finally
        {
            Client.Dispose();
        }
    }

    /// <summary>DCP removes its session folder as its very last act.</summary>
    private async Task WaitUntilGoneAsync(CancellationToken cancellationToken)
    {
        while (Directory.Exists(_session))
        {
            await Task.Delay(Poll, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<DcpClient> WaitUntilReadyAsync(string dcp, string kubeconfig, string certificate, string output, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(StartTimeout);
        DcpClient? client = null;
        Exception? last = null;

        try
        {
            while (true)
            {
                try
                {
                    client ??= Connect(kubeconfig, certificate);

                    if (client is not null)
                    {
                        await client.ExecutionStatusAsync(timeout.Token).ConfigureAwait(false);
                        return client;
                    }
                }
                catch (Exception exception) when (exception is HttpRequestException or IOException or DistributedApplicationException)
                {
                    last = exception; // Not ready yet.
                }

                if (!File.Exists(certificate))
                {
                    // Detached, it has no output any more; its session folder is gone with it.
                    throw new DistributedApplicationException($"DCP ended while it started. To see why, run '{dcp} start-apiserver --kubeconfig {Path.Combine(Path.GetTempPath(), "dcp-kubeconfig")}' (it needs a home directory that it can write to, {Environment.GetEnvironmentVariable("HOME")}).");
                }

                await Task.Delay(Poll, timeout.Token).ConfigureAwait(false);
            }
        }
        catch (Exception exception)
        {
            client?.Dispose();

            if (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                throw new DistributedApplicationException($"DCP did not become ready within {StartTimeout.TotalSeconds:0} s ({last?.Message}). It said: {output.Trim()}");
            }

            throw;
        }
    }

    /// <summary>Reads the two lines of the kubeconfig that matter: a YAML parser costs 0.3 s of every start.</summary>
    /// <returns>null while DCP has not written it all.</returns>
    private static DcpClient? Connect(string kubeconfig, string certificate)
    {
        if (!File.Exists(kubeconfig))
        {
            return null;
        }

        var lines = File.ReadAllLines(kubeconfig);
        var (server, token) = (ValueOf("server: "), ValueOf("token: "));
        return server is null || token is null ? null : new(new Uri(server), token, X509CertificateLoader.LoadCertificateFromFile(certificate));

        string? ValueOf(string key) => lines.Select(line => line.Trim()).FirstOrDefault(line => line.StartsWith(key, StringComparison.Ordinal))?[key.Length..];
    }

    private static async Task<(string Output, string Error)> RunAsync(string dcp, IEnumerable<string> args, string? session, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(dcp, args) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };

        foreach (var variable in start.Environment.Keys.Where(IsOurs).ToArray())
        {
            start.Environment.Remove(variable);
        }

        // Seven runs of git for each image, whose label nobody reads.
        start.Environment["BUILDX_GIT_INFO"] = "false";

        if (session is not null)
        {
            start.Environment["DCP_SESSION_FOLDER"] = session;
        }

        try
        {
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var error = process.StandardError.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            var (said, complained) = (await output.ConfigureAwait(false), await error.ConfigureAwait(false));

            return process.ExitCode == 0
                ? (said, complained)
                : throw new DistributedApplicationException(
                    $"'{dcp} {string.Join(' ', args)}' ended with exit code {process.ExitCode}: {(said + complained).Trim()}{Environment.NewLine}If it is damaged, ./boneyard setup unpacks it again.");
        }
        catch (Win32Exception exception)
        {
            throw new DistributedApplicationException($"The orchestrator '{dcp}' cannot be run ({exception.Message}). Run ./boneyard setup, which unpacks it again.", exception);
        }
    }

    /// <summary>DCP would make its own, with an RSA key of 4096 bits: one to three seconds of every start.</summary>
    private static void WriteCertificate(string certificatePath, string keyPath)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false)); // Server authentication.
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddYears(1));
        File.WriteAllText(certificatePath, certificate.ExportCertificatePem());
        File.WriteAllText(keyPath, key.ExportPkcs8PrivateKeyPem());
    }

    private static void DeleteIfPresent(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // DCP was quicker.
        }
    }

    /// <summary>Settings of the AppHost that would mislead what DCP starts.</summary>
    private static bool IsOurs(string variable) =>
        variable is "ASPNETCORE_URLS" or "DOTNET_LAUNCH_PROFILE" || variable.EndsWith("_ENVIRONMENT", StringComparison.Ordinal);
}
