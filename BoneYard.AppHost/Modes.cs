namespace BoneYard;

/// <summary>What development and production do to a container.</summary>
internal static class Modes
{
    // A setting of Aspire.
    private const string DevelopmentCertificateTrust = "ASPIRE_DEVELOPER_CERTIFICATE_DEFAULT_TRUST";

    /// <summary>Development: the folder that is edited every day is mounted, so that what is saved shows at once.</summary>
    public static IResourceBuilder<T> WithSources<T>(this IResourceBuilder<T> builder, SiteOptions site, string folder, string target) where T : ContainerResource =>
        site.IsProduction ? builder : builder.WithBindMount(folder, target, isReadOnly: true);

    /// <summary>
    /// Production: the container may write to its volumes and to these folders of memory only, gains no rights, and takes no more
    /// than its share.
    /// </summary>
    public static IResourceBuilder<T> WithHardening<T>(this IResourceBuilder<T> builder, SiteOptions site, string memory, int processes, params string[] writable) where T : ContainerResource
    {
        if (!site.IsProduction)
        {
            return builder;
        }

        // Aspire copies the .NET development certificate, where it is trusted, into each container, which a read-only one refuses.
        builder.ApplicationBuilder.Configuration[DevelopmentCertificateTrust] ??= bool.FalseString;

        return builder.WithContainerRuntimeArgs(
        [
            "--restart", "on-failure:5",
            "--read-only",
            .. writable.SelectMany(folder => (string[])["--tmpfs", $"{folder}:mode=1777,size=128m"]),
            "--cap-drop", "ALL",
            "--security-opt", "no-new-privileges",
            "--memory", memory,
            "--pids-limit", processes.ToString(System.Globalization.CultureInfo.InvariantCulture),
        ]);
    }
}
