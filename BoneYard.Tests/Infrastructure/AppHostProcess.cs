using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace BoneYard.Tests.Infrastructure;

/// <summary>The AppHost as a person starts it, in a process of its own.</summary>
internal sealed class AppHostProcess : IAsyncDisposable
{
    private const int FirstPort = 20_000;
    private const int PortCount = 12_000;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    private static int s_ports = Random.Shared.Next(PortCount);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = [];
    private readonly ConcurrentQueue<string> _error = [];
    private readonly TaskCompletionSource<string> _site = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string> _dashboard = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private AppHostProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Take(line.Data, _output);
        process.ErrorDataReceived += (_, line) => Take(line.Data, _error);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public string Output => Text(_output);

    /// <summary>Runs it to its end.</summary>
    /// <returns>Its exit code and what it wrote, trimmed.</returns>
    public static Task<(int ExitCode, string Error, string Output)> RunAsync(params string[] arguments) =>
        RunInAsync(Environment.CurrentDirectory, arguments);

    /// <param name="folder">Where the person stands who starts it.</param>
    public static async Task<(int ExitCode, string Error, string Output)> RunInAsync(string folder, params string[] arguments)
    {
        await using var host = StartIn(folder, arguments);
        await host._process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (host._process.ExitCode, Text(host._error), Text(host._output));
    }

    public static AppHostProcess Start(params string[] arguments) => StartIn(Environment.CurrentDirectory, arguments);

    /// <summary>A site without TLS, on ports that are free.</summary>
    public static AppHostProcess StartWith(OwnResources own) => Start(OptionsWith(own));

    /// <summary>Those of a site without TLS, on ports that are free.</summary>
    /// <param name="httpPort">null takes any.</param>
    public static string[] OptionsWith(OwnResources own, int? httpPort = null) =>
        [.. own.Arguments, "--tls=off", $"--http-port={httpPort ?? FreePort()}", $"--https-port={FreePort()}"];

    private static AppHostProcess StartIn(string folder, string[] arguments)
    {
        // bin/CONFIGURATION/FRAMEWORK, as this assembly's own folder.
        var framework = new DirectoryInfo(AppContext.BaseDirectory);
        var assembly = Path.Combine(Projects.BoneYard_AppHost.ProjectPath, "bin", framework.Parent!.Name, framework.Name, "BoneYard.AppHost.dll");

        return new(Process.Start(new ProcessStartInfo("dotnet", [assembly, .. arguments])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["ASPNETCORE_URLS"] = $"http://localhost:{FreePort()}",
                ["ASPIRE_ALLOW_UNSECURED_TRANSPORT"] = "true",
                ["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"] = $"http://localhost:{FreePort()}",
                ["ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL"] = $"http://localhost:{FreePort()}",
                // Aspire builds it on an image from a registry, and nobody here looks at the telemetry that it carries.
                ["ASPIRE_ENABLE_CONTAINER_TUNNEL"] = "false",
            },
        })!);
    }

    /// <summary>
    /// A port that nobody listens on at the moment, another one each time. It is none of those that a system hands out by itself:
    /// a connection, or a container, could be given one of them before it is used.
    /// </summary>
    public static int FreePort()
    {
        while (true)
        {
            using var probe = new TcpListener(IPAddress.Loopback, FirstPort + (int)((uint)Interlocked.Increment(ref s_ports) % PortCount));

            try
            {
                probe.Start();
                return ((IPEndPoint)probe.LocalEndpoint).Port;
            }
            catch (SocketException exception) when (exception.SocketErrorCode is SocketError.AddressAlreadyInUse)
            {
                // The next one.
            }
        }
    }

    /// <summary>Until it says where the site is: then all of it is healthy.</summary>
    public Task WaitUntilUpAsync() => HearAsync(_site);

    /// <summary>Where it says that the dashboard is, with what opens it.</summary>
    public async Task<Uri> DashboardAsync() => new(await HearAsync(_dashboard));

    /// <summary>What it says of the first container that ends while the site runs.</summary>
    public Task<string> EndedAsync() => HearAsync(_ended);

    /// <summary>At once, and without a chance to tidy up (SIGKILL).</summary>
    public void Kill()
    {
        _process.Kill();
        // With a limit, it does not wait for the end of the output, which the orchestrator holds open.
        Assert.True(_process.WaitForExit(Patience));
    }

    /// <summary>In good order, to its end.</summary>
    /// <param name="signal">As kill(1) spells it; INT is Ctrl+C.</param>
    public async Task StopAsync(string signal = "TERM")
    {
        await EndAsync(signal);
        Assert.True(_process.ExitCode == 0, $"The AppHost ended with {_process.ExitCode}.{Environment.NewLine}{Text(_output)}{Environment.NewLine}{Text(_error)}");
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await EndAsync("TERM");
        }

        _process.Dispose();
    }

    private async Task EndAsync(string signal)
    {
        using var kill = Process.Start("kill", ["-s", signal, $"{Id}"]);
        await _process.WaitForExitAsync().WaitAsync(Patience);
    }

    private async Task<string> HearAsync(TaskCompletionSource<string> said)
    {
        var ended = _process.WaitForExitAsync();
        var first = await Task.WhenAny(said.Task, ended).WaitAsync(Patience);
        Assert.True(first == said.Task, $"The AppHost ended before it came so far.{Environment.NewLine}{Text(_output)}{Environment.NewLine}{Text(_error)}");
        return await said.Task;
    }

    private static string Text(IEnumerable<string> lines) => string.Join(Environment.NewLine, lines).Trim();

    private void Take(string? line, ConcurrentQueue<string> lines)
    {
        if (line is null)
        {
            return;
        }

        lines.Enqueue(line);

        foreach (var (beginning, said) in ((string, TaskCompletionSource<string>)[])[("site: ", _site), ("dashboard: ", _dashboard), ("ended: ", _ended)])
        {
            if (line.StartsWith(beginning, StringComparison.Ordinal))
            {
                said.TrySetResult(line[beginning.Length..]);
            }
        }
    }
}
