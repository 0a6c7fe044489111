using BoneYard.Networking;
using BoneYard.Tests.Infrastructure;

namespace BoneYard.Tests.Model;

public sealed class UnchangedImagesTests : IDisposable
{
    private const string Inspect = "image|inspect|site:1|debian:13";

    private readonly TemporaryFolder _context = new();
    private readonly DockerfileBuildAnnotation _build;
    private readonly ContainerResource _container = new("site");

    public UnchangedImagesTests()
    {
        File.WriteAllText(_context["Dockerfile"], "FROM debian:13\nCOPY page.html /\n");
        File.WriteAllText(_context["page.html"], "one");
        _build = new(_context.Path, _context["Dockerfile"], stage: null) { ImageName = "site", ImageTag = "1" };
        _container.Annotations.Add(_build);
    }

    public void Dispose() => _context.Dispose();

    [Fact]
    public async Task An_image_with_the_same_sources_is_not_built_again()
    {
        await ReuseAsync(Image("site:1", Revision), Image("debian:13"));

        Assert.Empty(_container.Annotations.OfType<DockerfileBuildAnnotation>());
        Assert.True(_container.TryGetContainerImageName(out var name));
        Assert.Equal("site:1", name);
    }

    [Fact]
    public async Task An_image_with_two_names_is_found_by_each()
    {
        var image = Image("site:1\",\"debian:13", Revision);

        await ReuseAsync(image, image);

        Assert.Empty(_container.Annotations.OfType<DockerfileBuildAnnotation>());
    }

    [Fact]
    public Task An_image_is_built_again_when_a_file_has_changed() => AssertIsBuiltAfterAsync(() => File.WriteAllText(_context["page.html"], "two"));

    [Fact]
    public Task An_image_is_built_again_when_a_file_is_new() => AssertIsBuiltAfterAsync(() => File.WriteAllText(_context["new.html"], ""));

    [Fact]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public Task An_image_is_built_again_when_permissions_have_changed() =>
        AssertIsBuiltAfterAsync(() => File.SetUnixFileMode(_context["page.html"], UnixFileMode.UserRead));

    [Fact]
    public void The_revision_covers_the_stage_and_a_Dockerfile_outside_of_the_build_context()
    {
        using var elsewhere = new TemporaryFolder();
        File.WriteAllText(elsewhere["Dockerfile"], "FROM debian:13\nCOPY page.html /\nUSER www\n");
        DockerfileBuildAnnotation[] builds = [_build, new(_context.Path, _build.DockerfilePath, "test"), new(_context.Path, elsewhere["Dockerfile"], stage: null)];

        Assert.Distinct(builds.Select(build => UnchangedImages.RevisionOf(build, _ => "sha256:base")));
    }

    [Fact]
    public async Task An_image_with_build_arguments_is_built_as_before()
    {
        _build.BuildArguments["VERSION"] = "2";

        await ReuseAsync(Image("site:1", Revision), Image("debian:13"));

        Assert.Equal(["VERSION"], Assert.Single(_container.Annotations.OfType<DockerfileBuildAnnotation>()).BuildArguments.Keys);
    }

    [Fact]
    public async Task An_image_is_built_again_when_its_base_image_has_changed()
    {
        await ReuseAsync(Image("site:1", Revision), Image("debian:13", id: "sha256:new"));

        AssertIsBuilt("sha256:new");
    }

    [Fact]
    public async Task An_image_that_was_built_by_other_means_is_built_again()
    {
        await ReuseAsync(Image("site:1"), Image("debian:13"));

        AssertIsBuilt();
    }

    [Fact]
    public async Task An_image_that_does_not_exist_is_built()
    {
        var error = new RuntimeResult(1, $"[{Image("debian:13")}]", "Error response from daemon: No such image: site:1");

        await UnchangedImages.ReuseAsync([_container], new FakeRuntime().On(Inspect, error), TestContext.Current.CancellationToken);

        AssertIsBuilt();
    }

    [Theory]
    [InlineData("site_db")]
    [InlineData("site_blog")]
    [InlineData("site_www")]
    public void Each_Dockerfile_keeps_its_revision_in_a_label(string folder)
    {
        var lines = File.ReadAllLines(Repository.PathOf($"containers/{folder}/stage/Dockerfile"));

        Assert.Equal([$"ARG {UnchangedImages.Argument}", $"LABEL {UnchangedImages.Label}=${UnchangedImages.Argument}"], lines[^2..]);
    }

    private string Revision => UnchangedImages.RevisionOf(_build, _ => "sha256:base");

    private Task ReuseAsync(params string[] images) =>
        UnchangedImages.ReuseAsync([_container], new FakeRuntime().On(Inspect, $"[{string.Join(',', images)}]"), TestContext.Current.CancellationToken);

    private async Task AssertIsBuiltAfterAsync(Action change)
    {
        var before = Revision;
        change();

        await ReuseAsync(Image("site:1", before), Image("debian:13"));

        AssertIsBuilt();
    }

    /// <summary>The image is built, with the revision of the present files and this base image.</summary>
    private void AssertIsBuilt(string baseId = "sha256:base") =>
        Assert.Equal(UnchangedImages.RevisionOf(_build, _ => baseId), Assert.Single(_container.Annotations.OfType<DockerfileBuildAnnotation>()).BuildArguments[UnchangedImages.Argument]);

    /// <summary>An element of the runtime's output.</summary>
    private static string Image(string name, string? revision = null, string? id = null)
    {
        id ??= name == "site:1" ? "sha256:site" : "sha256:base";
        var labels = revision is null ? "null" : $$"""{"{{UnchangedImages.Label}}":"{{revision}}"}""";
        return $$$"""{"Id":"{{{id}}}","RepoTags":["{{{name}}}"],"Config":{"Labels":{{{labels}}}}}""";
    }
}
