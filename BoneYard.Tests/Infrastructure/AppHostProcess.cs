using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace BoneYard.Tests.Infrastructure;

/// <summary>The AppHost in a process of its own, as <c>dotnet run</c> starts it.</summary>
internal sealed class AppHostProcess : IAsyncDisposable
{
    private const int FirstPort = 20_000;
    private const int PortCount = 12_000;

    private static readonly TimeSpan s_timeout = TimeSpan.FromMinutes(4);

    private static int s_ports = Random.Shared.Next(PortCount);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = [];
    private readonly ConcurrentQueue<string> _error = [];
    private readonly TaskCompletionSource<string> _site = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string> _dashboard = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);

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

    /// <summary>Runs the AppHost until it exits.</summary>
    /// <returns>The exit code and the trimmed output.</returns>
    public static Task<(int ExitCode, string Error, string Output)> RunAsync(params string[] arguments) =>
        RunInAsync(Environment.CurrentDirectory, arguments);

    /// <param name="folder">The working directory.</param>
    public static async Task<(int ExitCode, string Error, string Output)> RunInAsync(string folder, params string[] arguments)
    {
        await using var host = StartIn(folder, arguments);
        await host._process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (host._process.ExitCode, Text(host._error), Text(host._output));
    }

    public static AppHostProcess Start(params string[] arguments) => StartIn(Environment.CurrentDirectory, arguments);

    /// <summary>Starts a site without TLS on free ports.</summary>
    public static AppHostProcess StartWith(IsolatedResources own) => Start(OptionsWith(own));

    /// <summary>The options of a site without TLS on free ports.</summary>
    public static string[] OptionsWith(IsolatedResources own) => [.. own.Arguments, "--tls=off", $"--http-port={FreePort()}", $"--https-port={FreePort()}"];

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
                ["ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL"] = $"http://localhost:{FreePort()}",
                ["ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL"] = $"http://localhost:{FreePort()}",
            },
        })!);
    }

    /// <summary>A free port, a different one at each call, outside of the range from which the system and the engine choose ports.</summary>
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
                // Try the next one.
            }
        }
    }

    /// <summary>Waits until all containers are healthy.</summary>
    /// <returns>The URL of the site that the AppHost prints.</returns>
    public async Task<Uri> SiteAsync() => new(await WaitForLineAsync(_site));

    /// <summary>Waits for the login URL of the dashboard.</summary>
    public async Task<Uri> DashboardAsync() => new(await WaitForLineAsync(_dashboard));

    /// <summary>Waits for the line about the first container that exits while the site runs.</summary>
    public Task<string> ExitedAsync() => WaitForLineAsync(_exited);

    /// <summary>Kills the process, which has no chance to clean up (SIGKILL).</summary>
    public void Kill()
    {
        _process.Kill();
        // Without a timeout it would wait for the end of the output, which the orchestrator keeps open.
        Assert.True(_process.WaitForExit(s_timeout));
    }

    /// <summary>Stops the AppHost and checks that it exits with 0.</summary>
    /// <param name="signal">By its name in kill(1); INT is Ctrl+C.</param>
    public async Task StopAsync(string signal = "TERM")
    {
        await EndAsync(signal);
        Assert.True(_process.ExitCode == 0, $"The AppHost exited with {_process.ExitCode}.{Environment.NewLine}{Text(_output)}{Environment.NewLine}{Text(_error)}");
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
        await _process.WaitForExitAsync().WaitAsync(s_timeout);
    }

    private async Task<string> WaitForLineAsync(TaskCompletionSource<string> line)
    {
        var exit = _process.WaitForExitAsync();
        var first = await Task.WhenAny(line.Task, exit).WaitAsync(s_timeout);
        Assert.True(first == line.Task, $"The AppHost exited too early.{Environment.NewLine}{Text(_output)}{Environment.NewLine}{Text(_error)}");
        return await line.Task;
    }

    private static string Text(IEnumerable<string> lines) => string.Join(Environment.NewLine, lines).Trim();

    private void Take(string? line, ConcurrentQueue<string> lines)
    {
        if (line is null)
        {
            return;
        }

        lines.Enqueue(line);

        foreach (var (prefix, received) in ((string, TaskCompletionSource<string>)[])[("site: ", _site), ("dashboard: ", _dashboard), ("exited: ", _exited)])
        {
            if (line.StartsWith(prefix, StringComparison.Ordinal))
            {
                received.TrySetResult(line[prefix.Length..]);
            }
        }
    }
}
