using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using BoneYard.Tests.Infrastructure;
using BoneYard.Tls;
using Microsoft.Extensions.Logging;

namespace BoneYard.Tests.Model;

public sealed class CertificateRenewalTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly TemporaryFolder _folder = new();
    private readonly Clock _clock = new();
    private readonly ErrorLog _log = new();
    private readonly DevelopmentAuthority _authority;
    private readonly CertificateRenewal _renewal;

    public CertificateRenewalTests()
    {
        _authority = new(_folder.Path, _clock);
        _renewal = new(_authority, "localhost", TimeSpan.FromMilliseconds(10), _log);
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _renewal.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_certificate_that_comes_close_to_its_end_is_replaced_until_the_application_stops()
    {
        var first = _authority.IssueFor("localhost");
        await _renewal.StartAsync(Cancelled);

        _clock.Now += TimeSpan.FromDays(21);
        await UntilAsync(() => ServerIn(first) != first.Chain.Server.Thumbprint);

        await _renewal.StopAsync(Cancelled);
        Assert.Equal(TaskStatus.RanToCompletion, _renewal.ExecuteTask!.Status);
        Assert.Empty(_log.Errors);
    }

    [Theory]
    [InlineData(typeof(DistributedApplicationException))]
    [InlineData(typeof(ArgumentException))]
    public async Task An_error_is_said_once_and_the_next_look_goes_on(Type error)
    {
        var first = _authority.IssueFor("localhost");
        var failing = new FailingClock(_clock, (Exception)Activator.CreateInstance(error, "no clock today")!);
        using var renewal = new CertificateRenewal(new(_folder.Path, failing), "localhost", TimeSpan.FromMilliseconds(10), _log);
        await renewal.StartAsync(Cancelled);

        await UntilAsync(() => failing.Failures > 3);
        _clock.Now += TimeSpan.FromDays(21);
        failing.Recovers();
        await UntilAsync(() => ServerIn(first) != first.Chain.Server.Thumbprint);

        await renewal.StopAsync(Cancelled);
        Assert.Equal(["no clock today"], _log.Errors.Select(logged => logged?.Message));
    }

    /// <summary>The one on the disk; a reader may come in between the two files, but never in the middle of one.</summary>
    private static string ServerIn(CertificateFolder folder)
    {
        using var certificate = X509Certificate2.CreateFromPem(File.ReadAllText(Path.Combine(folder.Path, CertificateFolder.ChainFile)));
        return certificate.Thumbprint;
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        patience.CancelAfter(Patience);

        while (!holds())
        {
            await Task.Delay(10, patience.Token);
        }
    }

    private sealed class FailingClock(TimeProvider clock, Exception error) : TimeProvider
    {
        private volatile bool _recovered;
        private volatile int _failures;

        public int Failures => _failures;

        public void Recovers() => _recovered = true;

        public override DateTimeOffset GetUtcNow()
        {
            if (_recovered)
            {
                return clock.GetUtcNow();
            }

            Interlocked.Increment(ref _failures);
            throw error;
        }
    }

    private sealed class ErrorLog : ILogger<CertificateRenewal>
    {
        public ConcurrentQueue<Exception?> Errors { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Errors.Enqueue(exception);
    }
}
