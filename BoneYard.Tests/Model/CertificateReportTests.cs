using BoneYard.Tests.Infrastructure;
using BoneYard.Tls;
using Microsoft.Extensions.DependencyInjection;

namespace BoneYard.Tests.Model;

/// <summary>With real handshakes, but without a container.</summary>
public sealed class CertificateReportTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly TestCertificate Root = TestCertificate.Root();
    private static readonly TestCertificate Intermediate = Root.Intermediate();
    private static readonly TestCertificate First = Intermediate.Server(["localhost", "site.example"], until: 50);
    private static readonly TestCertificate Second = Intermediate.Server(["localhost", "site.example"], until: 60);

    private readonly TemporaryFolder _folder = new();
    private readonly TlsServer _server = new(First, Intermediate, Root);
    private readonly DistributedApplication _application;
    private readonly IResource _www;
    private readonly CertificateReport _report;

    public CertificateReportTests()
    {
        _folder.OpenToContainers();
        Put(First);

        var builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions { DisableDashboard = true });
        var www = builder.AddContainer("www", "www").WithHttpsEndpoint();
        var endpoint = www.Resource.Annotations.OfType<EndpointAnnotation>().Single();
        endpoint.AllocatedEndpoint = new(endpoint, "localhost", _server.Port);
        _application = builder.Build();
        _www = www.Resource;
        _report = new(
            _www, www.GetEndpoint("https"), CertificateFolder.Check(_folder.Path, "site.example", DateTimeOffset.UtcNow), "site.example", warns: true, TimeSpan.FromMilliseconds(10),
            Notifications, _application.Services.GetRequiredService<ResourceLoggerService>());
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private ResourceNotificationService Notifications => _application.Services.GetRequiredService<ResourceNotificationService>();

    public async ValueTask InitializeAsync() => await _report.StartAsync(Cancelled);

    public async ValueTask DisposeAsync()
    {
        Assert.False(_report.ExecuteTask!.IsCompleted, $"It ended before it was stopped: {_report.ExecuteTask.Exception}");
        await _report.StopAsync(Cancelled);
        Assert.Equal(TaskStatus.RanToCompletion, _report.ExecuteTask.Status);
        _report.Dispose();
        await _application.DisposeAsync();
        _server.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Before_the_container_runs_what_is_in_the_folder_is_shown()
    {
        Put(Second);

        var shown = await WaitForAsync(shown => shown.Expires == Expiry(Second));

        Assert.Equal(new Shown(_folder.Path, "CN=server", Expiry(Second), Warning: null), shown);
        Assert.Empty(_server.Names);
    }

    [Fact]
    public async Task While_it_runs_what_it_serves_is_shown_and_warned_of_when_it_is_another()
    {
        await SayAsync(KnownResourceStates.Running);
        Put(Second);

        var behind = await WaitForAsync(shown => Warns(shown, "serves another certificate"));
        _server.Serve(Second, Intermediate, Root);
        var upToDate = await WaitForAsync(shown => shown.Expires == Expiry(Second));

        var warning =
            $"www serves another certificate than the one in {_folder.Path}: CN=server, until {Expiry(First)}. Its log says why if it refused the new one. If the folder itself was replaced, or a link to it set anew, restart www from the dashboard: a container keeps the folder with which it started.";
        Assert.Equal(new Shown(_folder.Path, "CN=server", Expiry(First), warning), behind);
        Assert.Null(upToDate.Warning);
        await WaitForLogLineAsync(warning);
        Assert.All(_server.Names, name => Assert.Equal("site.example", name));
    }

    [Fact]
    public async Task A_folder_that_is_no_good_is_warned_of_beside_what_is_served()
    {
        await SayAsync(KnownResourceStates.Running);

        Put(Intermediate.Server(["site.example"], until: -1));

        var shown = await WaitForAsync(shown => Warns(shown, "has expired: CN=server was valid until"));
        Assert.Equal(Expiry(First), shown.Expires);
    }

    [Fact]
    public async Task What_is_served_is_warned_of_when_its_end_is_near()
    {
        var soon = Intermediate.Server(["site.example"], until: 3);
        _server.Serve(soon, Intermediate, Root);

        await SayAsync(KnownResourceStates.Running);

        var shown = await WaitForAsync(shown => Warns(shown, "The certificate expires in 3 days"));
        Assert.Equal(Expiry(soon), shown.Expires);
    }

    [Fact]
    public async Task Without_a_handshake_the_reason_is_shown()
    {
        var port = _server.Port;
        _server.Dispose();

        await SayAsync(KnownResourceStates.Running);

        var shown = await WaitForAsync(shown => shown.Warning is not null);
        Assert.Equal(Expiry(First), shown.Expires);
        Assert.StartsWith($"No visitor gets in at https://localhost:{port}: ", shown.Warning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_container_that_is_stopped_serves_nothing()
    {
        await SayAsync(KnownResourceStates.Running);
        Put(Second);
        await WaitForAsync(shown => Warns(shown, "serves another certificate"));

        await SayAsync(KnownResourceStates.Exited);

        Assert.Null((await WaitForAsync(shown => shown.Expires == Expiry(Second))).Warning);
    }

    [Fact]
    public async Task A_folder_that_goes_away_is_warned_of_until_it_is_back()
    {
        Directory.Move(_folder.Path, $"{_folder.Path}.away");
        var away = await WaitForAsync(shown => shown.Warning is not null);

        Directory.Move($"{_folder.Path}.away", _folder.Path);

        Assert.Contains("there is no such folder", away.Warning, StringComparison.Ordinal);
        await WaitForAsync(shown => shown.Warning is null);
    }

    [Fact]
    public async Task Links_that_lead_out_of_what_is_mounted_are_warned_of()
    {
        using var elsewhere = new TemporaryFolder();
        elsewhere.OpenToContainers();
        Second.WriteTo(elsewhere, [Intermediate, Root]);

        foreach (var file in new[] { CertificateFolder.ChainFile, CertificateFolder.KeyFile })
        {
            File.Delete(_folder[file]);
            File.CreateSymbolicLink(_folder[file], elsewhere[file]);
        }

        var shown = await WaitForAsync(shown => Warns(shown, "now lead to"));
        Assert.Equal($"Links in {_folder.Path} now lead to {elsewhere.Path}, which the container does not have. End the site and start it again.", shown.Warning);
    }

    /// <summary>Not the first warning that comes: two files are not replaced at the same instant, and a look may fall in between.</summary>
    private static bool Warns(Shown shown, string warning) => shown.Warning?.Contains(warning, StringComparison.Ordinal) is true;

    private static string Expiry(TestCertificate certificate) => $"{certificate.Certificate.NotAfter.ToUniversalTime():u}";

    private void Put(TestCertificate server) => server.WriteTo(_folder, [Intermediate, Root]);

    private Task SayAsync(string state) => Notifications.PublishUpdateAsync(_www, snapshot => snapshot with { State = state });

    private async Task<Shown> WaitForAsync(Predicate<Shown> isAsExpected)
    {
        var update = await Notifications.WaitForResourceAsync("www", update => isAsExpected(Shown.Of(update.Snapshot)), Cancelled).WaitAsync(Patience, Cancelled);
        return Shown.Of(update.Snapshot);
    }

    /// <summary>What was said before counts too.</summary>
    private async Task WaitForLogLineAsync(string text)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        patience.CancelAfter(Patience);

        await foreach (var batch in _application.Services.GetRequiredService<ResourceLoggerService>().WatchAsync(_www).WithCancellation(patience.Token))
        {
            if (batch.Any(line => line.Content.Contains(text, StringComparison.Ordinal)))
            {
                return;
            }
        }

        Assert.Fail($"The log ended without '{text}'.");
    }

    private sealed record Shown(string? Certificate, string? Subject, string? Expires, string? Warning)
    {
        public static Shown Of(CustomResourceSnapshot snapshot)
        {
            return new(Property("tls.certificate"), Property("tls.subject"), Property("tls.expires"), Property("tls.warning"));

            string? Property(string name) => snapshot.Properties.FirstOrDefault(property => property.Name == name)?.Value as string;
        }
    }
}
