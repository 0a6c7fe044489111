using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.ApplicationModel;

public readonly record struct LogLine(int LineNumber, string Content, bool IsErrorMessage);

/// <summary>The console log of each resource: what its container wrote, and what the AppHost has to say about it.</summary>
public class ResourceLoggerService : IDisposable
{
    private readonly ConcurrentDictionary<string, ResourceLog> _logs = new(StringComparer.OrdinalIgnoreCase);

    public ILogger GetLogger(IResource resource) => Log(resource.Name);

    public ILogger GetLogger(string resourceName) => Log(resourceName);

    public IAsyncEnumerable<IReadOnlyList<LogLine>> WatchAsync(IResource resource) => WatchAsync(resource.Name);

    /// <summary>What was logged so far, then each new line.</summary>
    public IAsyncEnumerable<IReadOnlyList<LogLine>> WatchAsync(string resourceName) => Log(resourceName).WatchAsync();

    public IAsyncEnumerable<IReadOnlyList<LogLine>> GetAllAsync(IResource resource) => GetAllAsync(resource.Name);

    /// <summary>What was logged so far.</summary>
    public async IAsyncEnumerable<IReadOnlyList<LogLine>> GetAllAsync(string resourceName)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        yield return Log(resourceName).Snapshot();
    }

    public void Complete(IResource resource) => Complete(resource.Name);

    /// <summary>Ends the streams of those who watch.</summary>
    public void Complete(string name) => Log(name).Complete();

    public void Dispose()
    {
        foreach (var log in _logs.Values)
        {
            log.Complete();
        }

        GC.SuppressFinalize(this);
    }

    internal void AddLine(string resourceName, string content, bool isError, DateTime? timestamp = null) =>
        Log(resourceName).Add(content, isError, timestamp);

    private ResourceLog Log(string resourceName) => _logs.GetOrAdd(resourceName, _ => new());

    private sealed class ResourceLog : ILogger
    {
        private const int Kept = 10_000;

        private readonly Lock _lock = new();
        private readonly Queue<LogLine> _lines = new();
        private readonly List<Channel<LogLine>> _watchers = [];
        private int _count;

        public void Add(string content, bool isError, DateTime? timestamp)
        {
            var stamp = (timestamp ?? DateTime.UtcNow).ToString("yyyy-MM-ddTHH:mm:ss.fffffffK", CultureInfo.InvariantCulture);

            lock (_lock)
            {
                var line = new LogLine(++_count, $"{stamp} {content}", isError);
                _lines.Enqueue(line);

                if (_lines.Count > Kept)
                {
                    _lines.Dequeue();
                }

                foreach (var watcher in _watchers)
                {
                    watcher.Writer.TryWrite(line);
                }
            }
        }

        public IReadOnlyList<LogLine> Snapshot()
        {
            lock (_lock)
            {
                return [.. _lines];
            }
        }

        public void Complete()
        {
            lock (_lock)
            {
                foreach (var watcher in _watchers)
                {
                    watcher.Writer.TryComplete();
                }
            }
        }

        public async IAsyncEnumerable<IReadOnlyList<LogLine>> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            var channel = Channel.CreateUnbounded<LogLine>(new() { SingleReader = true });
            IReadOnlyList<LogLine> backlog;

            lock (_lock)
            {
                backlog = [.. _lines];
                _watchers.Add(channel);
            }

            try
            {
                if (backlog.Count > 0)
                {
                    yield return backlog;
                }

                while (await channel.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    List<LogLine> batch = [];

                    while (channel.Reader.TryRead(out var line))
                    {
                        batch.Add(line);
                    }

                    yield return batch;
                }
            }
            finally
            {
                lock (_lock)
                {
                    _watchers.Remove(channel);
                }
            }
        }

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel is not LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var text = formatter(state, exception);

            foreach (var line in (exception is null ? text : $"{text}\n{exception}").Split('\n'))
            {
                Add(line.TrimEnd('\r'), logLevel >= LogLevel.Error, timestamp: null);
            }
        }
    }
}
