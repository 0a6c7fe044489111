using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using BoneYard.Tests.Infrastructure;
using BoneYard.Tls;

namespace BoneYard.Tests.Model;

public sealed class CertificateFolderTests : IDisposable
{
    private static readonly TestCertificate Root = TestCertificate.Root();
    private static readonly TestCertificate Intermediate = Root.Intermediate();
    private static readonly TestCertificate Server = Intermediate.Server();

    private readonly TemporaryFolder _folder = new();

    public CertificateFolderTests() => _folder.OpenToContainers();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_chain_with_its_root_is_accepted()
    {
        Put(Server, Intermediate, Root);

        var accepted = Check();

        Assert.Equal(_folder.Path, accepted.Path);
        Assert.Equal(TestCertificate.Now.AddDays(60), accepted.Chain.Expires);
        Assert.Empty(accepted.LinkedFolders);
        Assert.Null(accepted.WarningOfEnd(accepted.Chain.Expires, TestCertificate.Now));
        Assert.Null(accepted.WarningOfIssuer());
    }

    [Fact]
    public void A_chain_without_a_root_of_ones_own_is_accepted_with_a_warning()
    {
        Put(Server, Intermediate);

        var accepted = Check();

        Assert.Equal(
            $"{_folder[CertificateFolder.ChainFile]} ends with CN=Intermediate, whose issuer, CN=Root, is no root that this machine trusts. Visitors who lack it get no page: append its certificate. Where it is a root of your own that they trust, ignore this.",
            accepted.WarningOfIssuer());
    }

    [Fact]
    public void A_missing_issuer_further_up_is_warned_of()
    {
        var issuing = Intermediate.Intermediate("Issuing");
        Put(issuing.Server(), issuing);

        Assert.Contains("ends with CN=Issuing, whose issuer, CN=Intermediate, is no root", Check().WarningOfIssuer(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Below_a_root_that_this_machine_trusts_nothing_is_missing()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Elsewhere a person is asked before a root is trusted.");
        var root = TestCertificate.Root("A root that is trusted");
        var intermediate = root.Intermediate();
        using var trusted = new UserStore(StoreName.Root, root);
        await UserStore.WaitUntilTrustedAsync(root.Server());

        Put(intermediate.Server(), intermediate);
        Assert.Null(Check().WarningOfIssuer());
        Put(root.Server());
        Check();
    }

    [Fact]
    public async Task An_intermediate_that_only_the_user_of_this_machine_has_is_missing()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Elsewhere a person is asked before a root is trusted.");
        var root = TestCertificate.Root("Another root that is trusted");
        var policy = root.Intermediate("Policy");
        var issuing = policy.Intermediate("Issuing");
        using var trusted = new UserStore(StoreName.Root, root);
        using var own = new UserStore(StoreName.CertificateAuthority, policy);
        await UserStore.WaitUntilTrustedAsync(policy.Server());

        Put(policy.Server());
        Refused("is incomplete: CN=Policy, the issuer of CN=server, is missing.");
        Put(issuing.Server(), issuing);
        Assert.Contains("ends with CN=Issuing, whose issuer, CN=Policy, is no root", Check().WarningOfIssuer(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_chain_of_two_intermediates_is_accepted()
    {
        var second = Intermediate.Intermediate("Second");

        Put(second.Server(), second, Intermediate, Root);

        Check();
    }

    [Fact]
    public void A_certificate_that_signed_itself_is_accepted()
    {
        Put(TestCertificate.SelfSigned(["localhost"], TestCertificate.Now.AddDays(-1), TestCertificate.Now.AddDays(60)));

        Check();
    }

    [Fact]
    public void An_RSA_key_is_accepted()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=rsa", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(TestCertificate.Now.AddDays(-1), TestCertificate.Now.AddDays(60));
        Put(certificate.ExportCertificatePem(), key.ExportRSAPrivateKeyPem());

        Check();
    }

    [Fact]
    public void A_key_that_Nginx_takes_for_too_short_is_refused()
    {
        Put(Intermediate.RsaServer(1024), Intermediate);

        Refused("has too short a key for Nginx: that of CN=server has 1024 bits, and RSA takes 2048 at least. Have it issued for a longer one.");
    }

    [Theory]
    [InlineData("site.example", "site.example")]
    [InlineData("www.site.example", "*.site.example")]
    [InlineData("SITE.example", "site.example")]
    [InlineData("10.11.12.3", "10.11.12.3")]
    [InlineData("::1", "::1")]
    public void A_name_is_covered(string host, string name)
    {
        Put(Intermediate.Server([name]), Intermediate);

        Check(host);
    }

    [Theory]
    [InlineData("other.example", "site.example")]
    [InlineData("site.example", "*.site.example")]
    [InlineData("a.b.site.example", "*.site.example")]
    [InlineData("10.11.12.4", "10.11.12.3")]
    public void A_name_that_is_not_covered_is_refused(string host, string name)
    {
        Put(Intermediate.Server([name]), Intermediate);

        Refused($"does not cover the host '{host}', but {name}. Set host-name to a name that it covers, or have one issued for '{host}'.", host);
    }

    [Fact]
    public void A_common_name_alone_covers_nothing()
    {
        Put(Intermediate.Server([]), Intermediate);

        Refused("does not cover the host 'server', but no name at all.", "server");
    }

    [Fact]
    public void An_expired_certificate_is_refused()
    {
        Put(Intermediate.Server(until: -1), Intermediate);

        Refused($"has expired: CN=server was valid until {TestCertificate.Now.AddDays(-1):u}. Renew it.");
    }

    [Fact]
    public void An_expired_issuer_is_refused()
    {
        var ended = Root.Intermediate("Ended", until: -1);
        Put(ended.Server(), ended);

        Refused($"has expired: CN=Ended was valid until {TestCertificate.Now.AddDays(-1):u}. Renew it.");
    }

    [Fact]
    public void A_certificate_of_the_future_is_refused()
    {
        Put(Intermediate.Server(from: -2), Intermediate);

        Refused($"is not valid yet: CN=server will be from {TestCertificate.Now.AddDays(2):u}. Wait, or set this machine's clock right; it says {TestCertificate.Now:u}.");
    }

    [Fact]
    public void A_key_of_another_certificate_is_refused()
    {
        Put(Server.Pem + Intermediate.Pem, Intermediate.Server().KeyPem);

        Refused("does not match the key: it was issued for another one. Put the key there with which CN=server was requested.");
    }

    [Fact]
    public void A_chain_that_begins_with_the_issuer_is_refused()
    {
        Put(Intermediate.Pem + Server.Pem, Server.KeyPem);

        Refused("is out of order: the key belongs to certificate 2 (CN=server). Put that one first");
    }

    [Fact]
    public void Issuers_in_the_wrong_order_are_refused()
    {
        var second = Intermediate.Intermediate("Second");
        Put(second.Server(), Intermediate, second, Root);

        Refused("is out of order: certificate 2 (CN=Intermediate) did not issue certificate 1 (CN=server, issued by CN=Second).");
    }

    [Fact]
    public void A_gap_in_the_chain_is_refused()
    {
        var second = Intermediate.Intermediate("Second");
        Put(second.Server(), second, Root);

        Refused("is out of order: certificate 3 (CN=Root) did not issue certificate 2 (CN=Second, issued by CN=Intermediate).");
    }

    [Fact]
    public void An_issuer_of_the_same_name_but_another_key_is_refused()
    {
        Put(Server, Root.Intermediate());

        Refused("is out of order: certificate 2 (CN=Intermediate) did not issue certificate 1");
    }

    [Fact]
    public void A_chain_without_its_intermediate_is_refused()
    {
        Put(Server);

        Refused("is incomplete: CN=Intermediate, the issuer of CN=server, is missing. Append the certificates of the issuers, as the authority hands them out.");
    }

    [Theory]
    [InlineData(29, true)]
    [InlineData(31, false)]
    public void Less_than_thirty_days_are_warned_of(int daysLeft, bool warned)
    {
        Put(Intermediate.Server(until: daysLeft), Intermediate);

        var accepted = Check();

        var warning = accepted.WarningOfEnd(accepted.Chain.Expires, TestCertificate.Now);

        Assert.Equal(warned, warning?.Contains($"expires in {daysLeft} days", StringComparison.Ordinal) ?? false);
    }

    [Fact]
    public void What_has_ended_meanwhile_is_warned_of_as_such()
    {
        Put(Server, Intermediate);

        Assert.StartsWith($"The certificate expired on {TestCertificate.Now:u}.", Check().WarningOfEnd(TestCertificate.Now, TestCertificate.Now.AddSeconds(1)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_is_not_there_is_refused()
    {
        var missing = _folder["missing"];

        var refusal = Assert.Throws<WrongOptionException>(() => CertificateFolder.Check(missing, "localhost", TestCertificate.Now));

        Assert.Equal($"Option tls is '{missing}': there is no such folder. Give a folder that holds fullchain.pem and privkey.pem.", refusal.Message);
    }

    [Fact]
    public void A_folder_of_which_the_shell_left_the_tilde_is_refused()
    {
        var refusal = Assert.Throws<WrongOptionException>(() => CertificateFolder.Check(_folder["~/tls"], "localhost", TestCertificate.Now));

        Assert.Contains("there is no such folder (the shell did not replace ~; $HOME works everywhere).", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_in_place_of_the_folder_is_refused()
    {
        Put(Server, Intermediate);
        var file = _folder[CertificateFolder.ChainFile];

        var refusal = Assert.Throws<WrongOptionException>(() => CertificateFolder.Check(file, "localhost", TestCertificate.Now));

        Assert.Equal($"Option tls is '{file}': that is a file. Give a folder that holds fullchain.pem and privkey.pem.", refusal.Message);
    }

    [Theory]
    [InlineData(CertificateFolder.ChainFile)]
    [InlineData(CertificateFolder.KeyFile)]
    public void A_missing_file_is_refused(string file)
    {
        Put(Server, Intermediate);
        File.Delete(_folder[file]);

        Refused($"Option tls is '{_folder.Path}': {_folder[file]} is missing. Put fullchain.pem");
    }

    [Theory]
    [InlineData(CertificateFolder.ChainFile)]
    [InlineData(CertificateFolder.KeyFile)]
    public void A_file_that_cannot_be_read_is_refused(string file)
    {
        Put(Server, Intermediate);
        // Root may read what its mode forbids, but nobody what another keeps to himself.
        using var kept = new FileStream(_folder[file], FileMode.Open, FileAccess.ReadWrite, FileShare.None);

        Refused($"{_folder[file]} cannot be read by user {Environment.UserName}");
    }

    [Theory]
    [InlineData(CertificateFolder.ChainFile)]
    [InlineData(CertificateFolder.KeyFile)]
    public void A_folder_in_place_of_a_file_is_refused(string file)
    {
        Put(Server, Intermediate);
        File.Delete(_folder[file]);
        Directory.CreateDirectory(_folder[file]);

        Refused($"{_folder[file]} is a folder. Put the file of that name in its place.");
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")]
    public void Garbage_in_place_of_the_chain_is_refused(string garbage)
    {
        Put(garbage, Server.KeyPem);

        Refused($"{_folder[CertificateFolder.ChainFile]} cannot be used: ");
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")]
    [MemberData(nameof(PublicKeys))]
    public void Garbage_in_place_of_the_key_is_refused(string garbage)
    {
        Put(Server.Pem + Intermediate.Pem, garbage);

        Refused($"{_folder[CertificateFolder.KeyFile]} cannot be used: there is no private key in it, neither RSA nor elliptic curve. PEM is wanted");
    }

    [Theory]
    [InlineData("\uFEFF", "", "`-----BEGIN …` has to stand at the beginning of a line")]
    [InlineData("  ", "", "`-----BEGIN …` has to stand at the beginning of a line")]
    [InlineData("", "-----BEGIN CERTIFICATE-----\nMIIB\n", "a block in it has no beginning or no end: 3 times")]
    [InlineData("", "-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----\n", "it has 3 certificates, but only 2 can be read: a part may be missing")]
    public void A_chain_at_which_Nginx_stumbles_is_refused(string before, string after, string reason)
    {
        Put(before + Server.Pem + Intermediate.Pem + after, Server.KeyPem);

        Refused($"{_folder[CertificateFolder.ChainFile]} cannot be used: {reason}");
    }

    [Fact]
    public void A_chain_with_line_ends_of_carriage_returns_alone_is_refused()
    {
        Put((Server.Pem + Intermediate.Pem).ReplaceLineEndings("\r"), Server.KeyPem);

        Refused("cannot be used: `-----BEGIN …` has to stand at the beginning of a line");
    }

    [Fact]
    public void A_chain_may_have_words_between_its_certificates_and_line_ends_of_Windows()
    {
        Put($"the server's\n{Server.Pem}\nits issuer: é\n{Intermediate.Pem}".ReplaceLineEndings("\r\n"), Server.KeyPem.ReplaceLineEndings("\r\n"));

        Check();
    }

    [Fact]
    public void A_chain_in_UTF_16_is_refused()
    {
        Put(Server, Intermediate);
        File.WriteAllText(_folder[CertificateFolder.ChainFile], Server.Pem + Intermediate.Pem, System.Text.Encoding.Unicode);

        Refused("cannot be used: it is no text of ASCII: save it as such, or as UTF-8 (UTF-16 is what PowerShell's > writes; DER is another format)");
    }

    [Fact]
    public void Files_that_have_changed_places_are_refused()
    {
        Put(Server.KeyPem, Server.Pem);

        Refused("cannot be used: there is no `-----BEGIN CERTIFICATE-----` in it, but a private key: have the two files changed places?");
    }

    /// <summary>What a browser would refuse, each for a reason of its own.</summary>
    public static TheoryData<X509Extension> UnfitExtensions() =>
    [
        new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.2", "client authentication")], critical: false),
        new X509Extension("1.2.3.4.5", [5, 0], critical: true),
    ];

    [Theory]
    [MemberData(nameof(UnfitExtensions), DisableDiscoveryEnumeration = true)]
    public void A_certificate_for_something_else_is_refused(X509Extension extension)
    {
        Put(Intermediate.ServerWith(extension), Intermediate);

        Refused("would be refused by browsers: ");
    }

    [Theory]
    [InlineData("one, two")]
    [InlineData("one \"two\"")]
    public void A_path_that_cannot_be_mounted_is_refused(string name)
    {
        var folder = Directory.CreateDirectory(_folder[name]).FullName;
        File.WriteAllText(Path.Combine(folder, CertificateFolder.ChainFile), Server.Pem + Intermediate.Pem);
        File.WriteAllText(Path.Combine(folder, CertificateFolder.KeyFile), Server.KeyPem);

        var refusal = Assert.Throws<WrongOptionException>(() => CheckIn(folder));

        Assert.Equal($"Option tls is '{folder}': {folder} cannot be mounted: there is a comma or a quotation mark in its path. Rename it, or give a folder without one.", refusal.Message);
    }

    /// <summary>The right one, but anybody has it; and one of the other kind.</summary>
    public static TheoryData<string> PublicKeys() => [Server.Key.ExportSubjectPublicKeyInfoPem(), Intermediate.RsaServer().Key.ExportSubjectPublicKeyInfoPem()];

    [Fact]
    public void A_key_with_a_passphrase_is_refused()
    {
        var encrypted = Server.Key.ExportEncryptedPkcs8PrivateKeyPem("secret", new(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000));
        Put(Server.Pem + Intermediate.Pem, encrypted);

        Refused("cannot be used: it is encrypted, and nobody is there to type its passphrase.");
    }

    [Fact]
    public void The_key_is_in_no_message()
    {
        Put(Server.Pem, Intermediate.KeyPem);

        var refusal = Assert.Throws<WrongOptionException>(() => Check());

        Assert.DoesNotContain(Intermediate.KeyPem.Split('\n')[1], refusal.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Links_of_Lets_Encrypt_are_followed_to_where_the_container_looks()
    {
        var live = PutAsLetsEncrypt("../../archive/site");

        var accepted = CertificateFolder.Check(live, "localhost", TestCertificate.Now);

        Assert.Equal([new LinkedFolder(_folder["archive/site"], "/archive/site")], accepted.LinkedFolders);
    }

    [Fact]
    public void Absolute_links_lead_to_the_same_place_in_the_container()
    {
        var live = PutAsLetsEncrypt(_folder["archive/site"]);

        var accepted = CertificateFolder.Check(live, "localhost", TestCertificate.Now);

        Assert.Equal([new LinkedFolder(_folder["archive/site"], _folder["archive/site"])], accepted.LinkedFolders);
    }

    [Fact]
    public void A_link_to_nowhere_is_refused()
    {
        var live = PutAsLetsEncrypt("../../archive/site");
        File.Delete(_folder["archive/site/privkey1.pem"]);

        var refusal = Assert.Throws<WrongOptionException>(() => CertificateFolder.Check(live, "localhost", TestCertificate.Now));

        Assert.EndsWith("privkey.pem leads to ../../archive/site/privkey1.pem, which is not there. Set the link anew.", refusal.Message);
    }

    [Theory]
    [InlineData("etc")]
    [InlineData("etc/nginx")]
    [InlineData("usr/local")]
    [InlineData("usr/share/keys")]
    public void A_link_that_would_hide_a_folder_of_the_container_is_refused(string hidden)
    {
        Directory.CreateDirectory(_folder["a/b"]);
        Directory.CreateDirectory(_folder[hidden]);
        File.WriteAllText(_folder["a/b/fullchain.pem"], Server.Pem + Intermediate.Pem);
        File.WriteAllText(_folder[$"{hidden}/key.pem"], Server.KeyPem);
        File.CreateSymbolicLink(_folder["a/b/privkey.pem"], $"../../{hidden}/key.pem");

        var refusal = Assert.Throws<WrongOptionException>(() => CertificateFolder.Check(_folder["a/b"], "localhost", TestCertificate.Now));

        Assert.Contains($"it would hide '/{hidden}' there", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_link_in_the_middle_of_a_path_is_followed()
    {
        PutBehindLink(_folder["2024"], "../2024");

        Assert.Equal([new LinkedFolder(_folder["2024"], "/www/2024")], CheckIn(_folder["site"]).LinkedFolders);
    }

    [Fact]
    public void An_absolute_link_in_the_middle_of_a_path_is_followed()
    {
        PutBehindLink(_folder["certs/2024"], _folder["certs/2024"]);

        Assert.Equal([new LinkedFolder(_folder["certs/2024"], _folder["certs/2024"])], CheckIn(_folder["site"]).LinkedFolders);
    }

    [Fact]
    public void A_link_to_a_folder_inside_leads_nowhere_else()
    {
        PutBehindLink(_folder["site/2024"], "2024");

        Assert.Empty(CheckIn(_folder["site"]).LinkedFolders);
    }

    [Fact]
    public void A_link_above_the_folder_leads_to_what_is_really_there()
    {
        PutAsLetsEncrypt("../../archive/site");
        Directory.CreateDirectory(_folder["data"]);
        Directory.CreateDirectory(_folder["etc"]);
        Directory.Move(_folder["live"], _folder["data/live"]);
        Directory.Move(_folder["archive"], _folder["data/archive"]);
        File.CreateSymbolicLink(_folder["etc/live"], "../data/live");

        Assert.Equal([new LinkedFolder(_folder["data/archive/site"], "/archive/site")], CheckIn(_folder["etc/live/site"]).LinkedFolders);
    }

    [Fact]
    public void A_link_that_leads_to_another_file_in_the_container_is_refused()
    {
        var view = new ContainerView(_folder.Path, "/srv/here");
        Directory.CreateDirectory(_folder["a"]);
        File.CreateSymbolicLink(_folder["key.pem"], "/srv/here/a/key.pem");

        var refusal = Assert.Throws<WrongOptionException>(() => view.Follow("key.pem"));

        Assert.Contains("key.pem leads to /srv/here/a/key.pem, which cannot be shown to the container: '/srv/here' is another folder there.", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "rwx------", "entered", "750")]
    [InlineData(CertificateFolder.ChainFile, "rw-------", "read", "640")]
    [InlineData(CertificateFolder.KeyFile, "rw-------", "read", "640")]
    [InlineData(CertificateFolder.KeyFile, "rw-r-----", "read", "640")]
    public void What_Nginx_could_not_get_at_is_refused(string path, string mode, string verb, string remedy)
    {
        SkipWhereModesSayNothing();
        Put(Server, Intermediate);
        var closed = path.Length == 0 ? _folder.Path : _folder[path];
        SetMode(closed, mode);

        var refusal = Assert.Throws<WrongOptionException>(() => Check());

        Assert.Equal(
            $"Option tls is '{_folder.Path}': {closed} cannot be {verb} by user 10001, as whom Nginx runs in its container. Give it to that user's group, which certbot keeps when it renews: chgrp 10001 '{closed}' && chmod {remedy} '{closed}'",
            refusal.Message);
    }

    [Theory]
    [InlineData("archive/site", "rwx------", "entered")]
    [InlineData("archive/site/privkey1.pem", "rw-------", "read")]
    public void What_Nginx_could_not_get_at_behind_a_link_is_refused(string path, string mode, string verb)
    {
        SkipWhereModesSayNothing();
        var live = PutAsLetsEncrypt("../../archive/site");
        SetMode(_folder[path], mode);

        var refusal = Assert.Throws<WrongOptionException>(() => CheckIn(live));

        Assert.Contains($"{_folder[path]} cannot be {verb} by user 10001", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Folders_that_the_container_does_not_see_may_stay_closed()
    {
        SkipWhereModesSayNothing();
        var live = PutAsLetsEncrypt("../../archive/site");
        SetMode(_folder["archive"], "rwx------");
        SetMode(_folder["live"], "rwx------");

        CheckIn(live);
    }

    /// <summary>The numbers from 100000 on are those of users in containers: what they may do, only the engine knows.</summary>
    [Theory]
    [InlineData("0:10001", "rw-r-----")]
    [InlineData("10001:0", "r--------")]
    [InlineData("110001:0", "r--------")]
    [InlineData("0:110001", "rw-r-----")]
    public void A_key_of_Nginx_alone_is_accepted(string owner, string mode)
    {
        SkipWhereModesSayNothing();
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root may give files away.");
        Put(Server, Intermediate);
        SetMode(_folder[CertificateFolder.KeyFile], mode);
        using (var chown = Process.Start("chown", [owner, _folder[CertificateFolder.KeyFile]]))
        {
            chown.WaitForExit();
        }

        Check();
    }

    [Fact]
    [SuppressMessage("Interoperability", "CA1416", Justification = "A constant is the same everywhere.")]
    public void Nginx_runs_as_the_user_whom_the_check_has_in_mind()
    {
        var dockerfile = File.ReadAllText(Repository.PathOf("containers", "site_www", "stage", "Dockerfile"));

        Assert.Contains($"groupadd --gid {ContainerUser.Number} www && useradd --uid {ContainerUser.Number} --gid www ", dockerfile, StringComparison.Ordinal);
    }

    private static CertificateFolder CheckIn(string path) => CertificateFolder.Check(path, "localhost", TestCertificate.Now);

    private CertificateFolder Check(string host = "localhost") => CertificateFolder.Check(_folder.Path, host, TestCertificate.Now);

    private void Refused(string reason, string host = "localhost")
    {
        var refusal = Assert.Throws<WrongOptionException>(() => CertificateFolder.Check(_folder.Path, host, TestCertificate.Now));

        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
        Assert.StartsWith($"Option tls is '{_folder.Path}': {_folder.Path}/", refusal.Message, StringComparison.Ordinal);
    }

    private void Put(params TestCertificate[] chain) => Put(string.Concat(chain.Select(certificate => certificate.Pem)), chain[0].KeyPem);

    private void Put(string chain, string key)
    {
        File.WriteAllText(_folder[CertificateFolder.ChainFile], chain);
        File.WriteAllText(_folder[CertificateFolder.KeyFile], key);
    }

    /// <summary><c>site/fullchain.pem</c> leads to <c>current/fullchain.pem</c>, and <c>current</c> to where the files are.</summary>
    private void PutBehindLink(string files, string link)
    {
        Put(Server, Intermediate);
        Directory.CreateDirectory(files);
        Directory.CreateDirectory(_folder["site"]);
        File.CreateSymbolicLink(_folder["site/current"], link);

        foreach (var file in new[] { CertificateFolder.ChainFile, CertificateFolder.KeyFile })
        {
            File.Move(_folder[file], Path.Combine(files, file));
            File.CreateSymbolicLink(_folder[$"site/{file}"], $"current/{file}");
        }
    }

    private static void SkipWhereModesSayNothing() => Assert.SkipUnless(OperatingSystem.IsLinux(), "Files have other owners in the machine in which the engine runs.");

    /// <param name="mode">As ls(1) has it.</param>
    [SuppressMessage("Interoperability", "CA1416", Justification = "Skipped elsewhere.")]
    private static void SetMode(string path, string mode) =>
        File.SetUnixFileMode(path, (UnixFileMode)mode.Aggregate(0, (bits, letter) => bits << 1 | (letter == '-' ? 0 : 1)));

    /// <returns>The folder <c>live/site</c>, whose links lead to numbered files in <c>archive/site</c>.</returns>
    private string PutAsLetsEncrypt(string archive)
    {
        Put(Server, Intermediate);
        Directory.CreateDirectory(_folder["archive/site"]);
        var live = Directory.CreateDirectory(_folder["live/site"]).FullName;

        foreach (var name in new[] { "fullchain", "privkey" })
        {
            File.Move(_folder[$"{name}.pem"], _folder[$"archive/site/{name}1.pem"]);
            File.CreateSymbolicLink(Path.Combine(live, $"{name}.pem"), $"{archive}/{name}1.pem");
        }

        return live;
    }
}
