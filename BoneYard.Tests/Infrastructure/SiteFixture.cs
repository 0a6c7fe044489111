namespace BoneYard.Tests.Infrastructure;

/// <summary>One running site, shared by tests that restore what they change.</summary>
public sealed class SiteFixture : IAsyncLifetime
{
    private Site? _site;

    internal Site Site => _site ?? throw new InvalidOperationException("The site is not running.");

    public async ValueTask InitializeAsync() => _site = await Site.StartAsync();

    public ValueTask DisposeAsync() => _site?.DisposeAsync() ?? ValueTask.CompletedTask;
}

/// <summary>Tests that share one running site. They run one after the other, because some stop a container.</summary>
[CollectionDefinition(Name)]
public sealed class RunningSite : ICollectionFixture<SiteFixture>
{
    public const string Name = "running site";
}
