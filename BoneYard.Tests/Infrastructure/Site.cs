using System.Security.Cryptography.X509Certificates;
using System.Text;
using BoneYard.Networking;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace BoneYard.Tests.Infrastructure;

/// <summary>The running graph, with its own volumes, secrets, network and ports.</summary>
internal sealed class Site : IAsyncDisposable
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromMinutes(3);

    private readonly IsolatedResources _own;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private Site(DistributedApplication application, IsolatedResources own)
    {
        Application = application;
        _own = own;
        Http = application.CreateHttpClient("sitewww", "http");
    }

    public DistributedApplication Application { get; }

    public string Network => _own.Network;

    public IpSubnet Subnet => _own.Subnet;

    /// <summary>The user name of the first author.</summary>
    public string AuthorName => SiteOptions.From(Configuration).Author;

    public string AuthorPassword => Configuration["Parameters:author-password"]!;

    private IConfiguration Configuration => Application.Services.GetRequiredService<IConfiguration>();

    /// <summary>Sends requests to sitewww.</summary>
    private HttpClient Http { get; }

    public static Task<Site> StartAsync(params string[] args) => StartAsync(_ => { }, args);

    /// <param name="change">Changes the graph before it is built.</param>
    public static Task<Site> StartAsync(Action<IDistributedApplicationTestingBuilder> change, params string[] args) => StartAsync(new IsolatedResources(), change, args);

    public static Task<Site> StartOnAsync(IpSubnet subnet) => StartAsync(new IsolatedResources(subnet), _ => { }, []);

    private static async Task<Site> StartAsync(IsolatedResources own, Action<IDistributedApplicationTestingBuilder> change, string[] args)
    {
        var builder = await CreateBuilderAsync([.. own.Arguments, .. args]);
        var site = default(Site);

        try
        {
            change(builder);
            var application = await builder.BuildAsync().WaitAsync(s_timeout);
            await application.StartAsync().WaitAsync(s_timeout);
            site = new Site(application, own);
            // In the order of the graph: the error names the first resource that fails.
            await site.WaitUntilHealthyAsync("sitenet", WaitBehavior.StopOnResourceUnavailable);
            await site.WaitUntilHealthyAsync("blog", WaitBehavior.StopOnResourceUnavailable);
            await site.WaitUntilHealthyAsync("siteblog", WaitBehavior.StopOnResourceUnavailable);
            await site.WaitUntilHealthyAsync("sitewww", WaitBehavior.StopOnResourceUnavailable);
            return site;
        }
        catch
        {
            await (site?.DisposeAsync() ?? builder.DisposeAsync());
            throw;
        }
    }

    /// <summary>Creates the graph without starting it.</summary>
    public static Task<IDistributedApplicationTestingBuilder> CreateBuilderAsync(params string[] args) =>
        DistributedApplicationTestingBuilder.CreateAsync<Projects.BoneYard_AppHost>(
            [.. IsolatedResources.NewSecrets(), .. args.Any(arg => arg.StartsWith("--tls", StringComparison.Ordinal)) ? [] : (string[])["--tls=off"], .. args]);

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Application.DisposeAsync();
        await _own.DisposeAsync();
    }

    /// <param name="behavior">Whether to continue to wait for a resource that failed to start.</param>
    public async Task WaitUntilHealthyAsync(string resource, WaitBehavior behavior = WaitBehavior.WaitOnResourceUnavailable)
    {
        try
        {
            await Application.ResourceNotifications.WaitForResourceHealthyAsync(resource, behavior).WaitAsync(s_timeout);
        }
        catch (Exception exception) when (exception is TimeoutException or DistributedApplicationException)
        {
            throw new InvalidOperationException($"'{resource}' did not become healthy: {exception.Message}{Environment.NewLine}{await DescribeAsync()}", exception);
        }
    }

    public Task WaitForHealthAsync(string resource, HealthStatus status) =>
        Application.ResourceNotifications.WaitForResourceAsync(resource, update => update.Snapshot.HealthStatus == status).WaitAsync(s_timeout);

    public async Task RunCommandAsync(string resource, string command)
    {
        var result = await Application.ResourceCommands.ExecuteCommandAsync(resource, command).WaitAsync(s_timeout);
        Assert.True(result.Success, $"Command '{command}' of '{resource}' failed: {result.Message}");
    }

    /// <summary>The URL of the site: HTTPS if a root is trusted, otherwise HTTP.</summary>
    public Uri AddressFor(X509Certificate2? trusted) => Application.GetEndpoint("sitewww", trusted is null ? "http" : "https");

    /// <summary>Creates a client with its own cookies.</summary>
    /// <param name="trusted">The trusted root for HTTPS; null uses HTTP.</param>
    /// <param name="followRedirects">Whether the client follows redirects.</param>
    public Visitor Visit(X509Certificate2? trusted = null, bool followRedirects = true) => new(AddressFor(trusted), trusted, followRedirects);

    public Task<HttpResponseMessage> GetAsync(string path) => Http.GetAsync(path, Cancelled);

    public Task<string> GetTextAsync(string path) => Http.GetStringAsync(path, Cancelled);

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request) => Http.SendAsync(request, Cancelled);

    /// <summary>Requests a page until it has this status.</summary>
    public Task<string> WaitForPageAsync(string path, int status) => WaitForPageAsync(path, status, _ => true);

    /// <summary>Requests a page until it has status 200 and its text satisfies a condition.</summary>
    public Task WaitForTextAsync(string path, Func<string, bool> predicate) => WaitForPageAsync(path, 200, predicate);

    public async Task<NpgsqlConnection> OpenDatabaseAsync()
    {
        // Without a pool: an earlier test may have restarted the server.
        var settings = new NpgsqlConnectionStringBuilder(await Application.GetConnectionStringAsync("blog")) { Pooling = false };
        var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    /// <summary>Inserts a published post with SQL.</summary>
    /// <param name="publishedAt">The time of publication; null means now.</param>
    public async Task InsertPostAsync(string title, string slug, string body, DateTimeOffset? publishedAt = null, params string[] tags)
    {
        await using var connection = await OpenDatabaseAsync();
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                Command("INSERT INTO posts (title, slug, body, published_at) VALUES ($1, $2, $3, coalesce($4::timestamptz, now()))", [title, slug, body, publishedAt]),
                Command("INSERT INTO tags (name) SELECT unnest($1) ON CONFLICT DO NOTHING", [tags]),
                Command("INSERT INTO post_tags (post_id, tag_id) SELECT posts.id, tags.id FROM posts, tags WHERE slug = $1 AND name = ANY ($2)", [slug, tags]),
            },
        };
        await batch.ExecuteNonQueryAsync(Cancelled);

        static NpgsqlBatchCommand Command(string text, object?[] values)
        {
            var command = new NpgsqlBatchCommand(text);
            command.Parameters.AddRange(values.Select(value => new NpgsqlParameter { Value = value ?? DBNull.Value }).ToArray());
            return command;
        }
    }

    public async Task<IReadOnlyList<string>> LogAsync(string resource)
    {
        var lines = new List<string>();

        await foreach (var batch in Application.Services.GetRequiredService<ResourceLoggerService>().GetAllAsync(Resource(resource)))
        {
            lines.AddRange(batch.Select(line => line.Content));
        }

        return lines;
    }

    /// <summary>Waits for a line in the console log of a resource.</summary>
    public async Task<string> WaitForLogLineAsync(string resource, Func<string, bool> predicate) => (await WaitForLogLinesAsync(resource, count: 1, predicate))[0];

    /// <summary>Waits for a number of lines in the console log of a resource.</summary>
    public Task<string[]> WaitForLogLinesAsync(string resource, int count, Func<string, bool> predicate) => Poll.ForAsync(
        $"{count} such lines in the log of '{resource}'",
        async _ => (await LogAsync(resource)).Where(predicate).ToArray() is var lines && lines.Length >= count ? lines : null,
        s_timeout);

    /// <summary>The current snapshot of a resource, as the dashboard shows it.</summary>
    public async Task<CustomResourceSnapshot> SnapshotAsync(string resource) =>
        (await Application.ResourceNotifications.WaitForResourceAsync(resource, _ => true).WaitAsync(s_timeout)).Snapshot;

    /// <summary>The id of the current container of a resource.</summary>
    public async Task<string> ContainerOfAsync(string resource)
    {
        var running = await Application.ResourceNotifications.WaitForResourceAsync(
            resource, update => update.Snapshot.State?.Text == KnownResourceStates.Running && update.Snapshot.Properties.Any(IsContainerId)).WaitAsync(s_timeout);
        return Assert.IsType<string>(running.Snapshot.Properties.Single(IsContainerId).Value);

        static bool IsContainerId(ResourcePropertySnapshot property) => property is { Name: "container.id", Value: string };
    }

    private Task<string> WaitForPageAsync(string path, int status, Func<string, bool> predicate) => Poll.ForAsync(
        $"{path} with status {status} and the expected text",
        async cancellationToken =>
        {
            using var response = await Http.GetAsync(path, cancellationToken);
            var text = await response.Content.ReadAsStringAsync(cancellationToken);
            return (int)response.StatusCode == status && predicate(text) ? text : null;
        },
        s_timeout);

    private IResource Resource(string name) =>
        Application.Services.GetRequiredService<DistributedApplicationModel>().Resources.Single(resource => resource.Name == name);

    private async Task<string> DescribeAsync()
    {
        var text = new StringBuilder();

        foreach (var resource in (string[])["sitedb", "siteblog", "sitewww"])
        {
            text.AppendLine($"--- {resource}");
            text.AppendJoin(Environment.NewLine, (await LogAsync(resource)).TakeLast(30)).AppendLine();
        }

        return text.ToString();
    }
}
