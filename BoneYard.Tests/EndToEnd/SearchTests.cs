using BoneYard.Tests.Infrastructure;

namespace BoneYard.Tests.EndToEnd;

/// <summary>Search results and suggestions.</summary>
[Collection(RunningSite.Name)]
public sealed class SearchTests(SiteFixture fixture) : IDisposable
{
    private readonly Site _site = fixture.Site;
    private readonly Visitor _reader = fixture.Site.Visit();
    private readonly string _word = Unique.Word();

    public void Dispose() => _reader.Dispose();

    [Fact]
    public async Task Best_match_is_first_and_the_word_is_highlighted()
    {
        await _site.InsertPostAsync($"All about {_word}", Unique.Name("title"), "Nothing else.", DateTimeOffset.UtcNow.AddDays(-2));
        await _site.InsertPostAsync("Another matter", Unique.Name("body"), $"It names {_word} & others, among many words.", DateTimeOffset.UtcNow.AddDays(-1));

        using var results = await SearchAsync(_word);

        Assert.Equal([$"All about {_word}", "Another matter"], results.All("main h2"));
        Assert.Equal("2 posts found.", results.One("main [role=status]").TextContent);
        Assert.Equal([_word], results.All("main mark"));
        Assert.Contains($"{_word} & others", results.Main, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Results_are_split_into_pages()
    {
        for (var number = 1; number <= 11; number++)
        {
            await _site.InsertPostAsync($"Match {number}", Unique.Name("match"), $"With {_word}.", DateTimeOffset.UtcNow.AddHours(-number));
        }

        using var first = await SearchAsync(_word);
        using var second = await _reader.OpenAsync(first.Links("main a[rel=next]").Single());

        Assert.Equal("Page 1 of 2", first.One("main .pager span:not(:empty)").TextContent);
        Assert.Equal(Enumerable.Range(1, 11).Select(number => $"Match {number}"), [.. first.All("main h2"), .. second.All("main h2")]);
        Assert.Equal(_word, second.One("#q").GetAttribute("value"));
    }

    [Fact]
    public async Task Misspelled_word_gets_a_suggestion_with_results()
    {
        var slug = Unique.Name("typo");
        await _site.InsertPostAsync($"The {_word}", slug, "To be found in spite of a mistake.");

        using var nothing = await SearchAsync(_word[..^2] + _word[^1] + _word[^2] + "x");
        using var found = await _reader.OpenAsync(nothing.Links("main .suggestion a").Single());

        Assert.Equal("No posts found.", nothing.One("main [role=status]").TextContent);
        Assert.Equal([_word], nothing.All("main .suggestion a"));
        Assert.Equal([$"/post/{slug}"], found.Links("main h2 a"));
    }

    [Fact]
    public async Task Search_by_tag_opens_the_tag()
    {
        var tag = Unique.Name("tag");
        await _site.InsertPostAsync("Tagged", Unique.Name("tagged"), "", null, tag);
        using var home = await _reader.OpenAsync("/");

        using var page = await _reader.PressAsync(home, "Tag", ("q", tag));

        Assert.Equal($"/tag/{tag}", page.Address.AbsolutePath);
        Assert.Equal(["Tagged"], page.All("main h2"));
    }

    /// <summary>Submits the form of the search page.</summary>
    private async Task<Page> SearchAsync(string words)
    {
        using var form = await _reader.OpenAsync("/search");
        return await _reader.PressAsync(form, "Search", ("q", words));
    }
}
