namespace BoneYard.Tests.Infrastructure;

/// <summary>Tests that read from one running AppHost. The Aspire CLI finds it by the path of its project, so no other one may run.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class RunningAppHost : ICollectionFixture<AppHostFixture>
{
    public const string Name = "running AppHost";
}

/// <summary>One AppHost in a process of its own, as <c>dotnet run</c> starts it.</summary>
public sealed class AppHostFixture : IAsyncLifetime
{
    /// <summary>The span of the first request that the blog answers, apart from health checks, which are not traced.</summary>
    public const string FirstRequest = "GET /archive";

    private AppHostProcess? _host;
    private Dashboard? _dashboard;

    internal Dashboard Dashboard => _dashboard ?? throw new InvalidOperationException("The AppHost is not running.");

    internal IsolatedResources Own { get; } = new();

    /// <summary>The URL of the site that the AppHost prints.</summary>
    public Uri Site { get; private set; } = null!;

    /// <summary>The login URL of the dashboard that the AppHost prints.</summary>
    public Uri DashboardAddress { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        _host = AppHostProcess.StartWith(Own);
        Site = await _host.SiteAsync();
        using var http = new HttpClient();
        await http.GetStringAsync(new Uri(Site, "/archive"));
        DashboardAddress = await _host.DashboardAsync();
        _dashboard = await Dashboard.SignInAsync(DashboardAddress);
    }

    public async ValueTask DisposeAsync()
    {
        _dashboard?.Dispose();
        await (_host?.DisposeAsync() ?? ValueTask.CompletedTask);
        await Own.DisposeAsync();
    }
}
