using BoneYard.Tests.Infrastructure;
using BoneYard.Tls;

namespace BoneYard.Tests.Model;

public sealed class FolderMountTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_folder_without_links_is_one_mount()
    {
        File.WriteAllText(_folder["key.pem"], "");

        Assert.Equal([new FolderMount(_folder.Path, "/www/tls")], Mounts(_folder.Path));
    }

    [Fact]
    public void The_folder_behind_a_relative_link_is_mounted_where_the_link_points()
    {
        Link("live/site/key.pem", "../../archive/site/key1.pem", "archive/site/key1.pem");

        Assert.Equal([new FolderMount(_folder["live/site"], "/www/tls"), new(_folder["archive/site"], "/archive/site")], Mounts(_folder["live/site"]));
    }

    [Fact]
    public void The_folder_behind_an_absolute_link_has_the_same_path_in_the_container()
    {
        Link("live/site/key.pem", _folder["archive/site/key1.pem"], "archive/site/key1.pem");

        Assert.Equal([new FolderMount(_folder["live/site"], "/www/tls"), new(_folder["archive/site"], _folder["archive/site"])], Mounts(_folder["live/site"]));
    }

    [Fact]
    public void A_link_to_a_link_is_followed()
    {
        Link("live/site/key.pem", "../../archive/site/key1.pem", "archive/site/key1.pem");
        Directory.CreateDirectory(_folder["mine"]);
        File.CreateSymbolicLink(_folder["mine/key.pem"], _folder["live/site/key.pem"]);

        Assert.Equal(
            [new FolderMount(_folder["mine"], "/www/tls"), new(_folder["live/site"], _folder["live/site"]), new(_folder["archive/site"], _folder["archive/site"])],
            Mounts(_folder["mine"]));
    }

    [Fact]
    public void A_link_that_would_hide_a_folder_of_the_container_is_refused()
    {
        Link("live/site/key.pem", "../../etc/key.pem", "etc/key.pem");

        var refusal = Assert.Throws<WrongOptionException>(() => Mounts(_folder["live/site"]));

        Assert.Equal($"Option --tls is '{_folder["live/site"]}': a link leads to {_folder["etc"]}, which would hide /etc in the container. Copy both files into one folder.", refusal.Message);
    }

    [Theory]
    [InlineData("one, two")]
    [InlineData("one \"two\"")]
    public void A_path_that_cannot_be_mounted_is_refused(string name)
    {
        var folder = Directory.CreateDirectory(_folder[name]).FullName;

        var refusal = Assert.Throws<WrongOptionException>(() => Mounts(folder));

        Assert.Equal($"Option --tls is '{folder}': {folder} cannot be mounted: the path contains a comma or a quotation mark. Rename the folder.", refusal.Message);
    }

    private static IReadOnlyList<FolderMount> Mounts(string folder) => FolderMount.For(folder, "/www/tls", "key.pem");

    private void Link(string path, string target, string file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder[path])!);
        Directory.CreateDirectory(Path.GetDirectoryName(_folder[file])!);
        File.WriteAllText(_folder[file], "");
        File.CreateSymbolicLink(_folder[path], target);
    }
}
