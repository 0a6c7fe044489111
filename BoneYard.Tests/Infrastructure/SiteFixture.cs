namespace BoneYard.Tests.Infrastructure;

/// <summary>One running site for all the tests that only look at it, or that leave it as they found it.</summary>
public sealed class SiteFixture : IAsyncLifetime
{
    private Site? _site;

    internal Site Site => _site ?? throw new InvalidOperationException("The site is not running.");

    public async ValueTask InitializeAsync() => _site = await Site.StartAsync();

    public ValueTask DisposeAsync() => _site?.DisposeAsync() ?? ValueTask.CompletedTask;
}

/// <summary>Tests of one running site: one after the other, for some stop a part of it.</summary>
[CollectionDefinition(Name)]
public sealed class RunningSite : ICollectionFixture<SiteFixture>
{
    public const string Name = "running site";
}
