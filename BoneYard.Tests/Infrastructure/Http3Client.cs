using System.Security.Cryptography.X509Certificates;

namespace BoneYard.Tests.Infrastructure;

/// <summary>A visitor who speaks HTTP/3 and nothing else, in a container of its own: .NET needs a library for it that Debian does not have.</summary>
internal static class Http3Client
{
    private static readonly Lazy<Task<string>> s_image = new(() =>
        ContainerEngine.RunAsync("build", "--quiet", Path.Combine(Projects.BoneYard_AppHost.ProjectPath, "../eng/test_containers/http3_client")));

    /// <param name="root">Whom it trusts; nobody else.</param>
    /// <returns>The version of HTTP and the status of the answer.</returns>
    /// <exception cref="InvalidOperationException">There was none; the message has the words of curl.</exception>
    public static async Task<string> GetAsync(Uri page, X509Certificate2 root)
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["root.pem"], root.ExportCertificatePem());

        return await ContainerEngine.RunAsync(
            "run", "--rm", "--network", "host", "--volume", $"{folder["root.pem"]}:/root.pem:ro", await s_image.Value,
            "--cacert", "/root.pem", "--max-time", "30", "--output", "/dev/null", "--write-out", "HTTP/%{http_version} %{http_code}", $"{page}");
    }
}
