using BoneYard.Networking;
using BoneYard.Tests.Infrastructure;

namespace BoneYard.Tests.Model;

public sealed class UnchangedImagesTests : IDisposable
{
    private const string Inspect = "image|inspect|--format|{{.Id}} {{json .RepoTags}} {{json .Config.Labels}}|site:1|debian:13";

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
    public async Task An_image_is_built_again_when_a_file_has_changed()
    {
        var before = Revision;
        File.WriteAllText(_context["page.html"], "two");

        await ReuseAsync(Image("site:1", before), Image("debian:13"));

        AssertIsBuilt();
    }

    [Fact]
    public async Task An_image_is_built_again_when_a_file_is_new()
    {
        var before = Revision;
        File.WriteAllText(_context["new.html"], "");

        await ReuseAsync(Image("site:1", before), Image("debian:13"));

        AssertIsBuilt();
    }

    [Fact]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public async Task An_image_is_built_again_when_permissions_have_changed()
    {
        var before = Revision;
        File.SetUnixFileMode(_context["page.html"], UnixFileMode.UserRead);

        await ReuseAsync(Image("site:1", before), Image("debian:13"));

        AssertIsBuilt();
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
        var error = new RuntimeResult(1, Image("debian:13"), "Error response from daemon: No such image: site:1");

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
        UnchangedImages.ReuseAsync([_container], new FakeRuntime().On(Inspect, string.Join('\n', images)), TestContext.Current.CancellationToken);

    /// <summary>The image is built, with the revision of the present files and this base image.</summary>
    private void AssertIsBuilt(string baseId = "sha256:base") =>
        Assert.Equal(UnchangedImages.RevisionOf(_build, _ => baseId), Assert.Single(_container.Annotations.OfType<DockerfileBuildAnnotation>()).BuildArguments[UnchangedImages.Argument]);

    /// <summary>A line of the runtime's output.</summary>
    private static string Image(string name, string? revision = null, string id = "sha256:base") =>
        $"""{id} ["{name}"] {(revision is null ? "null" : $"{{\"{UnchangedImages.Label}\":\"{revision}\"}}")}""";
}
