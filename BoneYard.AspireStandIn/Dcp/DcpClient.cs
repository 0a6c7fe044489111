using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace Aspire.Hosting.Dcp;

internal enum DcpChange
{
    Changed,
    Deleted,
}

/// <summary>DCP's REST interface: create, read, patch, delete and watch objects, and read their logs.</summary>
internal sealed class DcpClient(Uri server, string token, X509Certificate2 certificate) : IDisposable
{
    private static readonly TimeSpan WatchRetry = TimeSpan.FromMilliseconds(200);

    // No Kubernetes library: of all that one does, this is what DCP's objects need, and loading one is felt in a start.
    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        UseProxy = false,
        SslOptions =
        {
            CertificateChainPolicy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { certificate }, RevocationMode = X509RevocationMode.NoCheck },
        },
    })
    {
        BaseAddress = server,
        DefaultRequestHeaders = { Authorization = new("Bearer", token) },
        // Who watches, or follows a log, may hear nothing for long.
        Timeout = Timeout.InfiniteTimeSpan,
    };

    public void Dispose() => _http.Dispose();

    public async Task<T> CreateAsync<T>(T item, CancellationToken cancellationToken) where T : DcpObject, new()
    {
        using var response = await SendAsync(HttpMethod.Post, PathOf<T>(), Json(item, "application/json"), cancellationToken).ConfigureAwait(false);
        return await ReadAsync<T>(response, cancellationToken).ConfigureAwait(false);
    }

    /// <returns>null when there is none of that name.</returns>
    public async Task<T?> GetAsync<T>(string name, CancellationToken cancellationToken) where T : DcpObject, new()
    {
        using var response = await SendAsync(HttpMethod.Get, $"{PathOf<T>()}/{name}", content: null, cancellationToken).ConfigureAwait(false);
        return response.StatusCode is HttpStatusCode.NotFound ? null : await ReadAsync<T>(response, cancellationToken).ConfigureAwait(false);
    }

    public async Task PatchAsync<T>(string name, object mergePatch, CancellationToken cancellationToken) where T : DcpObject, new()
    {
        using var response = await SendAsync(HttpMethod.Patch, $"{PathOf<T>()}/{name}", Json(mergePatch, "application/merge-patch+json"), cancellationToken).ConfigureAwait(false);
        await EnsureSuccessAsync(response, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Deletes and waits until the object, and so what stood behind it, is gone.</summary>
    public async Task DeleteAsync<T>(string name, CancellationToken cancellationToken) where T : DcpObject, new()
    {
        using (var response = await SendAsync(HttpMethod.Delete, $"{PathOf<T>()}/{name}", content: null, cancellationToken).ConfigureAwait(false))
        {
            if (response.StatusCode is not HttpStatusCode.NotFound)
            {
                await EnsureSuccessAsync(response, cancellationToken).ConfigureAwait(false);
            }
        }

        while (await GetAsync<T>(name, cancellationToken).ConfigureAwait(false) is not null)
        {
            await Task.Delay(100, cancellationToken).ConfigureAwait(false);
        }
    }

    public async Task<IReadOnlyList<T>> ListAsync<T>(CancellationToken cancellationToken) where T : DcpObject, new()
    {
        using var response = await SendAsync(HttpMethod.Get, PathOf<T>(), content: null, cancellationToken).ConfigureAwait(false);
        return (await ReadAsync<ObjectList<T>>(response, cancellationToken).ConfigureAwait(false)).Items;
    }

    /// <summary>Every object of the kind as it is, then each change, over dropped connections too.</summary>
    public async IAsyncEnumerable<(DcpChange Change, T Item)> WatchAsync<T>([EnumeratorCancellation] CancellationToken cancellationToken) where T : DcpObject, new()
    {
        Dictionary<string, T> known = [];

        while (!cancellationToken.IsCancellationRequested)
        {
            await foreach (var line in LinesAsync($"{PathOf<T>()}?watch=true", cancellationToken).ConfigureAwait(false))
            {
                if (JsonSerializer.Deserialize<WatchLine<T>>(line, DcpJson.Options) is not { Type: "ADDED" or "MODIFIED" or "DELETED", Object: { } item } update)
                {
                    continue;
                }

                var name = item.Metadata.Name;

                if (update.Type is "DELETED")
                {
                    known.Remove(name);
                    yield return (DcpChange.Deleted, item);
                }
                else if (known.GetValueOrDefault(name)?.Metadata.ResourceVersion != item.Metadata.ResourceVersion) // DCP repeats itself, at times 60 times a second.
                {
                    known[name] = item;
                    yield return (DcpChange.Changed, item);
                }
            }

            await Task.Delay(WatchRetry, cancellationToken).ConfigureAwait(false);

            // The next watch begins with all there is, whatever resource version it names. What went while none was open, it does not tell.
            var present = await ListAsync<T>(cancellationToken).ConfigureAwait(false);

            foreach (var gone in known.Values.ExceptBy(present.Select(item => item.Metadata.Name), item => item.Metadata.Name).ToArray())
            {
                known.Remove(gone.Metadata.Name);
                yield return (DcpChange.Deleted, gone);
            }
        }
    }

    /// <summary>The log of a container or an executable to its end.</summary>
    /// <param name="source">stdout, stderr, startup_stdout, startup_stderr or system.</param>
    public IAsyncEnumerable<string> LogAsync<T>(string name, string source, bool timestamps, CancellationToken cancellationToken) where T : DcpObject, new() =>
        LinesAsync($"{PathOf<T>()}/{name}/log?source={source}&follow=true&timestamps={(timestamps ? "true" : "false")}", cancellationToken);

    public async Task<string?> ExecutionStatusAsync(CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Get, "admin/execution", content: null, cancellationToken).ConfigureAwait(false);
        await EnsureSuccessAsync(response, cancellationToken).ConfigureAwait(false);
        var document = await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken).ConfigureAwait(false);
        return document.GetProperty("status").GetString();
    }

    public async Task RequestAsync(object execution, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Patch, "admin/execution", Json(execution, "application/merge-patch+json"), cancellationToken).ConfigureAwait(false);
        await EnsureSuccessAsync(response, cancellationToken).ConfigureAwait(false);
    }

    private static string PathOf<T>() where T : DcpObject, new() => $"apis/{DcpObject.Group}/v1/{new T().Kind switch
    {
        "ContainerNetworkTunnelProxy" => "containernetworktunnelproxies",
        var kind => kind.ToLowerInvariant() + "s",
    }}";

    private static StringContent Json(object value, string mediaType) =>
        // DCP compares media types literally: one with a charset is refused with 415.
        new(JsonSerializer.Serialize(value, value.GetType(), DcpJson.Options), new MediaTypeHeaderValue(mediaType));

    private static async Task<T> ReadAsync<T>(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await EnsureSuccessAsync(response, cancellationToken).ConfigureAwait(false);
        return (await response.Content.ReadFromJsonAsync<T>(DcpJson.Options, cancellationToken).ConfigureAwait(false))!;
    }

    private static async Task EnsureSuccessAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (!response.IsSuccessStatusCode)
        {
            var body = await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
            throw new DistributedApplicationException($"DCP answered {(int)response.StatusCode} to {response.RequestMessage?.Method} {response.RequestMessage?.RequestUri?.AbsolutePath}: {body}");
        }
    }

    private async IAsyncEnumerable<string> LinesAsync(string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Get, path, content: null, cancellationToken).ConfigureAwait(false);
        await EnsureSuccessAsync(response, cancellationToken).ConfigureAwait(false);
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        using var reader = new StreamReader(stream);

        while (await NextLineAsync(reader, cancellationToken).ConfigureAwait(false) is { } line)
        {
            yield return line;
        }
    }

    private static async Task<string?> NextLineAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        try
        {
            return await reader.ReadLineAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            return null; // The connection dropped: the same as its end, for whoever reads lines.
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
    }

    private sealed record WatchLine<T>(string Type, T? Object);

    private sealed record ObjectList<T>(List<T> Items);
}
