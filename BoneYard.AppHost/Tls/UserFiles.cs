namespace BoneYard.Tls;

/// <summary>Files below the user's own folder, with the rights they are to have; on Windows those of the user's profile.</summary>
internal static class UserFiles
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    public static void CreateFolder(string path, bool forOthers)
    {
        Directory.CreateDirectory(path);
        SetMode(path, forOthers
            ? Owner | Others | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute
            : Owner | UnixFileMode.UserExecute);
    }

    /// <summary>Replaces a file at once: nobody sees half of it, nor sees it with more rights than it is to have.</summary>
    public static void Write(string path, string content, bool forOthers)
    {
        var beside = $"{path}.new";
        File.Delete(beside);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };

        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = Owner;
        }

        using (var writer = new StreamWriter(beside, options))
        {
            writer.Write(content);
        }

        SetMode(beside, forOthers ? Owner | Others : Owner);
        File.Move(beside, path, overwrite: true);
    }

    /// <summary>By itself, for a umask may take away what is asked for at creation.</summary>
    private static void SetMode(string path, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, mode);
        }
    }
}
