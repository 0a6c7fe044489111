using System.Globalization;
using System.Runtime.Versioning;
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

    private static readonly TimeSpan WarnBefore = TimeSpan.FromDays(30);

    /// <exception cref="WrongOptionException">The site could not be served with it; the message names file, value and remedy.</exception>
    public static CertificateFolder Check(string path, string hostName, DateTimeOffset now)
    {
        if (!Directory.Exists(path))
        {
            var absence = File.Exists(path) ? "that is a file" : $"there is no such folder{(path.Contains("/~/", StringComparison.Ordinal) ? " (the shell did not replace ~; $HOME works everywhere)" : "")}";
            throw Refusal(path, $"{absence}. Give a folder that holds {ChainFile} and {KeyFile}.");
        }

        var chainFile = System.IO.Path.Combine(path, ChainFile);
        var keyFile = System.IO.Path.Combine(path, KeyFile);
        var chain = Parse(chainFile, CertificateChain.Parse);
        var publicKey = Parse(keyFile, PrivateKey.PublicKeyOf);

        if (chain.Problems(publicKey, hostName, now).FirstOrDefault() is { } problem)
        {
            throw Refusal(path, $"{chainFile} {problem}");
        }

        // On Windows a link leads to nothing that a container has.
        if (OperatingSystem.IsWindows())
        {
            return new(path, chain, []);
        }

        var view = new ContainerView(path, MountPoint);
        string[] files = [view.Follow(ChainFile), view.Follow(KeyFile)];

        // Container engines take a mount as a list that commas part.
        if (view.LinkedFolders.Select(linked => linked.Source).Prepend(path).FirstOrDefault(source => source.AsSpan().ContainsAny(',', '"')) is { } unmountable)
        {
            throw Refusal(path, $"{unmountable} cannot be mounted: there is a comma or a quotation mark in its path. Rename it, or give a folder without one.");
        }

        // Elsewhere the engine runs in a machine of its own, where the files have other owners.
        return OperatingSystem.IsLinux() && WhatIsClosed(view.Entered, files) is { } closed
            ? throw Refusal(path, closed)
            : new(path, chain, view.LinkedFolders);

        T Parse<T>(string file, Func<string, T> parse)
        {
            try
            {
                return parse(Pem.Read(file));
            }
            catch (UnauthorizedAccessException) when (Directory.Exists(file))
            {
                throw Refusal(path, $"{file} is a folder. Put the file of that name in its place.");
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

    /// <summary>What somebody should know soon of a certificate in this folder; null when there is time.</summary>
    public string? WarningOfEnd(DateTimeOffset expires, DateTimeOffset now) => (expires - now) switch
    {
        var left when left >= WarnBefore => null,
        var left when left < TimeSpan.Zero => string.Create(CultureInfo.InvariantCulture, $"The certificate expired on {expires:u}. Renew it in {Path}: it is picked up while the site runs."),
        var left => string.Create(CultureInfo.InvariantCulture, $"The certificate expires in {left.TotalDays:0} days, on {expires:u}. Renew it in {Path}: it is picked up while the site runs."),
    };

    /// <summary>What visitors may lack who have other roots than this machine; null when it has the one that is needed.</summary>
    public string? WarningOfIssuer() => Chain.WarningOfIssuer() is { } warning ? $"{System.IO.Path.Combine(Path, ChainFile)} {warning}" : null;

    internal static WrongOptionException Refusal(string path, string problem) => new($"Option tls is '{path}': {problem}");

    /// <summary>
    /// The group, for certbot gives a new key the group and the mode of the one before, but not its owner: what belongs to the
    /// group can be read after the next renewal too.
    /// </summary>
    [SupportedOSPlatform("linux")]
    private static string? WhatIsClosed(IEnumerable<string> folders, IEnumerable<string> files)
    {
        return folders.FirstOrDefault(ContainerUser.CannotEnter) is { } folder ? Closed(folder, "entered", 750)
            : files.FirstOrDefault(ContainerUser.CannotRead) is { } file ? Closed(file, "read", 640)
            : null;

        static string Closed(string path, string verb, int mode) => string.Create(
            CultureInfo.InvariantCulture,
            $"{path} cannot be {verb} by user {ContainerUser.Number}, as whom Nginx runs in its container. Give it to that user's group, which certbot keeps when it renews: chgrp {ContainerUser.Number} {Shell.Quoted(path)} && chmod {mode} {Shell.Quoted(path)}");
    }
}
