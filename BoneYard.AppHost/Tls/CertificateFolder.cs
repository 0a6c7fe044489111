using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace BoneYard.Tls;

/// <summary>Checks a folder with a certificate chain and its private key before anything starts.</summary>
internal static class CertificateFolder
{
    public const string ChainFile = "fullchain.pem";
    public const string KeyFile = "privkey.pem";

    /// <summary>File permissions are left to the container, which knows its own user.</summary>
    /// <param name="path">Absolute.</param>
    /// <param name="hostName">The name or address that the certificate has to cover.</param>
    /// <returns>The server's own certificate.</returns>
    /// <exception cref="WrongOptionException">The site cannot use the folder; the message names the file and the remedy.</exception>
    public static X509Certificate2 Check(string path, string hostName, DateTimeOffset now)
    {
        if (!Directory.Exists(path))
        {
            var hint = File.Exists(path) ? "it is a file" : path.Contains("/~/", StringComparison.Ordinal) ? "it does not exist (the shell did not expand ~; use $HOME)" : "it does not exist";
            throw Refusal(path, $"{hint}. Give a folder with {ChainFile} and {KeyFile}.");
        }

        var chain = Read(path, ChainFile, ParseChain);
        var key = Read(path, KeyFile, pem => pem);
        var problem = ProblemOfKey(chain, key) ?? (CertificateChain.ProblemOf(chain, hostName, now) is { } found ? $"{ChainFile} {found}" : null);
        return problem is null ? chain[0] : throw Refusal(path, problem);
    }

    public static WrongOptionException Refusal(string path, string problem) => new($"Option --tls is '{path}': {problem}");

    private static T Read<T>(string path, string name, Func<string, T> parse)
    {
        var file = new FileInfo(Path.Combine(path, name));

        try
        {
            return parse(File.ReadAllText(file.FullName));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw Refusal(path, exception switch
            {
                CryptographicException => $"{name} {exception.Message}",
                _ when Directory.Exists(file.FullName) => $"{name} is a folder. Replace it with the file of that name.",
                FileNotFoundException or DirectoryNotFoundException when file.LinkTarget is { } target => $"{name} is a link to {target}, which does not exist. Correct the link.",
                FileNotFoundException => $"{name} is missing. {ChainFile} holds the server's certificate and its issuers, {KeyFile} the private key.",
                _ => $"{name} cannot be read by user {Environment.UserName}: {exception.Message}",
            });
        }
    }

    private static X509Certificate2Collection ParseChain(string pem)
    {
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(pem);
        return chain.Count > 0 ? chain
            : throw new CryptographicException($"contains no certificate in PEM format{(HasPrivateKey(pem) ? ", but a private key. Are the files swapped?" : ".")}");
    }

    private static string? ProblemOfKey(X509Certificate2Collection chain, string key) => chain.ToList().FindIndex(certificate => Matches(certificate, key)) switch
    {
        0 => null,
        > 0 and var owner => $"{ChainFile} is out of order: the key belongs to certificate {owner + 1} ({chain[owner].Subject}). Put that certificate first, then each issuer.",
        _ when key.Contains("ENCRYPTED", StringComparison.Ordinal) => $"{KeyFile} is encrypted; the private key must not be encrypted. Decrypt it with `openssl pkey -in FILE -out NEWFILE`.",
        _ when !HasPrivateKey(key) => $"{KeyFile} contains no private key in PEM format.",
        _ => $"{ChainFile} does not match the key in {KeyFile}. Use the RSA or ECDSA key with which {chain[0].Subject} was requested.",
    };

    private static bool HasPrivateKey(string pem) => pem.Contains("PRIVATE KEY-----", StringComparison.Ordinal);

    private static bool Matches(X509Certificate2 certificate, string key)
    {
        try
        {
            using var pair = X509Certificate2.CreateFromPem(certificate.ExportCertificatePem(), key);
            return true;
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            return false;
        }
    }
}
