using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using BoneYard.Tests.Infrastructure;
using BoneYard.Tls;

namespace BoneYard.Tests.Model;

public sealed class CertificateFolderTests : IDisposable
{
    private static readonly TestCertificate Root = TestCertificate.Root();
    private static readonly TestCertificate Intermediate = Root.Intermediate();
    private static readonly TestCertificate Second = Intermediate.Intermediate("Second");
    private static readonly TestCertificate Ended = Root.Intermediate("Ended", until: -1);
    private static readonly TestCertificate Server = Intermediate.Server();

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static readonly Dictionary<string, TestCertificate[]> s_goodChains = new()
    {
        ["with its root"] = [Server, Intermediate, Root],
        ["without its root"] = [Server, Intermediate],
        ["of two intermediates"] = [Second.Server(), Second, Intermediate, Root],
        ["with an RSA key"] = [Intermediate.RsaServer(), Intermediate],
        ["self-signed"] = [TestCertificate.SelfSigned(["localhost"], TestCertificate.Now.AddDays(-1), TestCertificate.Now.AddDays(60))],
    };

    public static TheoryData<string> GoodChains() => [.. s_goodChains.Keys];

    [Theory]
    [MemberData(nameof(GoodChains))]
    public void A_chain_is_accepted(string kind)
    {
        Put(s_goodChains[kind]);

        Assert.Equal(s_goodChains[kind][0].Certificate.Thumbprint, Check().Thumbprint);
    }

    private static readonly Dictionary<string, (TestCertificate[] Chain, string Reason)> s_badChains = new()
    {
        ["with issuers in the wrong order"] = ([Second.Server(), Intermediate, Second, Root], "is out of order: certificate 2 (CN=Intermediate) did not issue certificate 1 (CN=server, issued by CN=Second)."),
        ["with a gap"] = ([Second.Server(), Second, Root], "is out of order: certificate 3 (CN=Root) did not issue certificate 2 (CN=Second, issued by CN=Intermediate)."),
        ["with another issuer of the same name"] = ([Server, Root.Intermediate()], "cannot be served: certificate chain verification failed: "),
        ["without its intermediate"] = ([Server], "is incomplete: CN=Intermediate, the issuer of CN=server, is missing. Append the certificates of the issuers."),
        ["for client authentication"] = ([Intermediate.ServerWith(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.2", "client authentication")], critical: false)), Intermediate], "cannot be served: certificate chain verification failed: "),
        ["with an unknown critical extension"] = ([Intermediate.ServerWith(new X509Extension("1.2.3.4.5", [5, 0], critical: true)), Intermediate], "cannot be served: certificate chain verification failed: "),
        ["with a short key"] = ([Intermediate.RsaServer(1024), Intermediate], "has an RSA key that is too short: CN=server has 1024 bits, the minimum is 2048."),
        ["that has expired"] = ([Intermediate.Server(until: -1), Intermediate], $"has expired: CN=server was valid until {TestCertificate.Now.AddDays(-1):u}. Renew it."),
        ["below an expired issuer"] = ([Ended.Server(), Ended], $"has expired: CN=Ended was valid until {TestCertificate.Now.AddDays(-1):u}. Renew it."),
        ["of the future"] = ([Intermediate.Server(from: -2), Intermediate], $"is not valid yet: CN=server is valid from {TestCertificate.Now.AddDays(2):u}. Wait, or correct this machine's clock; it shows {TestCertificate.Now:u}."),
    };

    public static TheoryData<string> BadChains() => [.. s_badChains.Keys];

    [Theory]
    [MemberData(nameof(BadChains))]
    public void A_chain_that_visitors_refuse_is_refused(string kind)
    {
        Put(s_badChains[kind].Chain);

        Refused($"fullchain.pem {s_badChains[kind].Reason}");
    }

    [Theory]
    [InlineData("site.example", "site.example")]
    [InlineData("www.site.example", "*.site.example")]
    [InlineData("SITE.example", "site.example")]
    [InlineData("10.11.12.3", "10.11.12.3")]
    [InlineData("::1", "::1")]
    public void A_covered_name_is_accepted(string host, string name)
    {
        Put(Intermediate.Server([name]), Intermediate);

        Check(host);
    }

    [Theory]
    [InlineData("other.example", "site.example")]
    [InlineData("site.example", "*.site.example")]
    [InlineData("a.b.site.example", "*.site.example")]
    [InlineData("10.11.12.4", "10.11.12.3")]
    [InlineData("server")]
    public void A_name_that_is_not_covered_is_refused(string host, params string[] names)
    {
        Put(Intermediate.Server(names), Intermediate);

        Refused($"fullchain.pem does not cover the host '{host}', but {names.FirstOrDefault() ?? "no name at all"}. Set --host-name to a covered name, or request a certificate for '{host}'.", host);
    }

    [Fact]
    public void A_key_of_another_certificate_is_refused_without_showing_the_key()
    {
        var other = Intermediate.Server().KeyPem;
        Put(Server.Pem + Intermediate.Pem, other);

        var message = Refused("fullchain.pem does not match the key in privkey.pem. Use the RSA or ECDSA key with which CN=server was requested.");

        Assert.DoesNotContain(other.Split('\n')[1], message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_chain_that_begins_with_the_issuer_is_refused()
    {
        Put(Intermediate.Pem + Server.Pem, Server.KeyPem);

        Refused("fullchain.pem is out of order: the key belongs to certificate 2 (CN=server). Put that certificate first, then each issuer.");
    }

    [Fact]
    public void An_encrypted_key_is_refused()
    {
        Put(Server.Pem + Intermediate.Pem, Server.Key.ExportEncryptedPkcs8PrivateKeyPem("secret", new(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000)));

        Refused("privkey.pem is encrypted; the private key must not be encrypted. Decrypt it with `openssl pkey -in FILE -out NEWFILE`.");
    }

    [Fact]
    public void Swapped_files_are_refused()
    {
        Put(Server.KeyPem, Server.Pem);

        Refused("fullchain.pem contains no certificate in PEM format, but a private key. Are the files swapped?");
    }

    [Theory]
    [InlineData("", "contains no certificate in PEM format.")]
    [InlineData("hello", "contains no certificate in PEM format.")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "")]
    public void Garbage_in_place_of_the_chain_is_refused(string garbage, string reason)
    {
        Put(garbage, Server.KeyPem);

        Refused($"fullchain.pem {reason}");
    }

    public static TheoryData<string, string> BadKeys() => new()
    {
        { "", "privkey.pem contains no private key in PEM format." },
        { "hello", "privkey.pem contains no private key in PEM format." },
        { Server.Key.ExportSubjectPublicKeyInfoPem(), "privkey.pem contains no private key in PEM format." },
        { "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "fullchain.pem does not match the key in privkey.pem." },
    };

    [Theory]
    [MemberData(nameof(BadKeys), DisableDiscoveryEnumeration = true)]
    public void Garbage_in_place_of_the_key_is_refused(string garbage, string reason)
    {
        Put(Server.Pem + Intermediate.Pem, garbage);

        Refused(reason);
    }

    [Fact]
    public void Text_between_the_certificates_and_Windows_line_ends_are_accepted()
    {
        Put($"the server's\n{Server.Pem}\nits issuer: é\n{Intermediate.Pem}".ReplaceLineEndings("\r\n"), Server.KeyPem.ReplaceLineEndings("\r\n"));

        Check();
    }

    [Theory]
    [InlineData("missing", "it does not exist")]
    [InlineData("~/tls", "it does not exist (the shell did not expand ~; use $HOME)")]
    [InlineData("fullchain.pem", "it is a file")]
    public void A_path_without_a_folder_is_refused(string path, string reason)
    {
        Put(Server, Intermediate);

        var refusal = Assert.Throws<WrongOptionException>(() => CertificateFolder.Check(_folder[path], "localhost", TestCertificate.Now));

        Assert.Equal($"Option --tls is '{_folder[path]}': {reason}. Give a folder with fullchain.pem and privkey.pem.", refusal.Message);
    }

    [Theory]
    [InlineData("fullchain.pem")]
    [InlineData("privkey.pem")]
    public void A_file_that_cannot_be_read_is_refused(string file)
    {
        Put(Server, Intermediate);

        // Root may read a file in spite of its mode, but not one that is locked.
        using (new FileStream(_folder[file], FileMode.Open, FileAccess.ReadWrite, FileShare.None))
        {
            Refused($"{file} cannot be read by user {Environment.UserName}: ");
        }

        File.Delete(_folder[file]);
        Refused($"{file} is missing. fullchain.pem holds the server's certificate and its issuers, privkey.pem the private key.");

        File.CreateSymbolicLink(_folder[file], "../archive/file.pem");
        Refused($"{file} is a link to ../archive/file.pem, which does not exist. Correct the link.");

        File.Delete(_folder[file]);
        Directory.CreateDirectory(_folder[file]);
        Refused($"{file} is a folder. Replace it with the file of that name.");
    }

    private X509Certificate2 Check(string host = "localhost") => CertificateFolder.Check(_folder.Path, host, TestCertificate.Now);

    private string Refused(string reason, string host = "localhost")
    {
        var refusal = Assert.Throws<WrongOptionException>(() => Check(host));
        Assert.StartsWith($"Option --tls is '{_folder.Path}': {reason}", refusal.Message, StringComparison.Ordinal);
        return refusal.Message;
    }

    private void Put(params TestCertificate[] chain) => Put(string.Concat(chain.Select(certificate => certificate.Pem)), chain[0].KeyPem);

    private void Put(string chain, string key)
    {
        File.WriteAllText(_folder[CertificateFolder.ChainFile], chain);
        File.WriteAllText(_folder[CertificateFolder.KeyFile], key);
    }
}
