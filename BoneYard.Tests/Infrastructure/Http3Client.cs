using System.Security.Cryptography.X509Certificates;

namespace BoneYard.Tests.Infrastructure;

/// <summary>An HTTP/3 client (curl) in a container: .NET needs libmsquic for HTTP/3, which Debian does not package.</summary>
internal static class Http3Client
{
    private static readonly Lazy<Task<string>> s_image = new(() =>
        ContainerEngine.RunAsync("build", "--quiet", Path.Combine(Projects.BoneYard_AppHost.ProjectPath, "../containers/site_www/tests/http3_client")));

    /// <param name="root">The only trusted root.</param>
    /// <returns>The HTTP version and the status of the response.</returns>
    /// <exception cref="InvalidOperationException">The request failed; the message contains the output of curl.</exception>
    public static async Task<string> GetAsync(Uri page, X509Certificate2 root)
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["root.pem"], root.ExportCertificatePem());

        return await ContainerEngine.RunAsync(
            "run", "--rm", "--network", "host", "--volume", $"{folder["root.pem"]}:/root.pem:ro", await s_image.Value,
            "--cacert", "/root.pem", "--max-time", "30", "--output", "/dev/null", "--write-out", "HTTP/%{http_version} %{http_code}", $"{page}");
    }
}
