using System.Globalization;
using System.Security.Cryptography;

namespace BoneYard.Tls;

/// <summary>A folder with a certificate chain and its key that was found to work for the site.</summary>
/// <param name="Path">The folder on the host, absolute.</param>
/// <param name="Chain">The certificates.</param>
/// <param name="LinkedFolders">What has to be mounted beside it: Let's Encrypt's <c>live/NAME</c> holds links into <c>archive/NAME</c>.</param>
internal sealed record CertificateFolder(string Path, CertificateChain Chain, IReadOnlyList<LinkedFolder> LinkedFolders)
{
    public const string ChainFile = "fullchain.pem";
    public const string KeyFile = "privkey.pem";

    /// <summary>Where the container looks for the folder.</summary>
    public const string MountPoint = "/www/tls";

    private const int LinksFollowed = 8;
    private static readonly TimeSpan WarnBefore = TimeSpan.FromDays(30);

    /// <exception cref="WrongOptionException">The site could not be served with it; the message names file, value and remedy.</exception>
    public static CertificateFolder Check(string path, string hostName, DateTimeOffset now)
    {
        if (!Directory.Exists(path))
        {
            throw Refusal(path, $"{(File.Exists(path) ? "that is a file" : "there is no such folder")}. Give a folder that holds {ChainFile} and {KeyFile}.");
        }

        var chainFile = System.IO.Path.Combine(path, ChainFile);
        var keyFile = System.IO.Path.Combine(path, KeyFile);
        var chain = Parse(chainFile, CertificateChain.Parse);
        var publicKey = Parse(keyFile, PrivateKey.PublicKeyOf);

        return chain.Problems(publicKey, hostName, now).FirstOrDefault() is { } problem
            ? throw Refusal(path, $"{chainFile} {problem}")
            : new(path, chain, [.. new[] { ChainFile, KeyFile }.SelectMany(file => FoldersLinkedFrom(path, file)).Distinct()]);

        T Parse<T>(string file, Func<string, T> parse)
        {
            try
            {
                return parse(File.ReadAllText(file));
            }
            catch (IOException) when (new FileInfo(file).LinkTarget is { } target)
            {
                throw Refusal(path, $"{file} leads to {target}, which is not there. Set the link anew.");
            }
            catch (FileNotFoundException)
            {
                throw Refusal(path, $"{file} is missing. Put {ChainFile} (the server's certificate, then its issuers) and {KeyFile} (its key) there.");
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw Refusal(path, $"{file} cannot be read by user {Environment.UserName}: {exception.Message} Let that user read it.");
            }
            catch (CryptographicException exception)
            {
                throw Refusal(path, $"{file} cannot be used: {exception.Message}. PEM is wanted, as Let's Encrypt writes it.");
            }
        }
    }

    /// <summary>What somebody should know soon; null when there is time.</summary>
    public string? WarningAt(DateTimeOffset now) => Chain.Expires - now is var left && left < WarnBefore
        ? string.Create(CultureInfo.InvariantCulture, $"The certificate in {Path} expires in {left.TotalDays:0} days, on {Chain.Expires:u}. Renew it: it is picked up while the site runs.")
        : null;

    /// <summary>Follows a link as the container will: relative to the mount point, not to the folder on the host.</summary>
    private static IEnumerable<LinkedFolder> FoldersLinkedFrom(string path, string file)
    {
        var onHost = System.IO.Path.Combine(new DirectoryInfo(path).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? path, file);
        var inContainer = System.IO.Path.Combine(MountPoint, file);

        for (var i = 0; i < LinksFollowed && new FileInfo(onHost).LinkTarget is { } target; i++)
        {
            onHost = System.IO.Path.GetFullPath(target, FolderOf(onHost));
            inContainer = System.IO.Path.GetFullPath(target, FolderOf(inContainer));

            if (FolderOf(inContainer).LastIndexOf('/') == 0)
            {
                throw Refusal(path, $"{file} leads to {target}, which cannot be shown to the container: it would hide '{FolderOf(inContainer)}' there. Put copies into a folder and give that.");
            }

            if (!inContainer.StartsWith($"{MountPoint}/", StringComparison.Ordinal))
            {
                yield return new(FolderOf(onHost), FolderOf(inContainer));
            }
        }

        static string FolderOf(string file) => System.IO.Path.GetDirectoryName(file)!;
    }

    private static WrongOptionException Refusal(string path, string problem) => new($"Option tls is '{path}': {problem}");
}
