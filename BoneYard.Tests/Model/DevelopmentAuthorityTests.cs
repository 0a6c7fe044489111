using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using BoneYard.Tests.Infrastructure;
using BoneYard.Tls;

namespace BoneYard.Tests.Model;

public sealed class DevelopmentAuthorityTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Clock _clock = new();
    private readonly DevelopmentAuthority _authority;

    public DevelopmentAuthorityTests() => _authority = new(_folder.Path, _clock);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void It_is_created_once()
    {
        _authority.EnsureExists();
        var first = File.ReadAllText(_authority.CertificateFile);

        _authority.EnsureExists();
        new DevelopmentAuthority(_folder.Path, _clock).IssueFor("localhost");

        Assert.Equal(first, File.ReadAllText(_authority.CertificateFile));
    }

    [Fact]
    public async Task Applications_that_start_at_once_make_one_authority()
    {
        var issued = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(
            () => new DevelopmentAuthority(_folder.Path, _clock).IssueFor($"site{i}.example"), TestContext.Current.CancellationToken)));

        Assert.Single(issued.Select(folder => folder.Chain.Last.Thumbprint).Distinct());
    }

    [Fact]
    public void It_may_issue_for_servers_and_not_make_further_authorities()
    {
        _authority.EnsureExists();

        using var certificate = X509Certificate2.CreateFromPem(File.ReadAllText(_authority.CertificateFile));
        var constraints = Assert.Single(certificate.Extensions.OfType<X509BasicConstraintsExtension>());
        Assert.Equal((true, true, 0), (constraints.CertificateAuthority, constraints.HasPathLengthConstraint, constraints.PathLengthConstraint));
        Assert.Equal("1.2.840.10045.3.1.7", certificate.GetECDsaPublicKey()!.ExportParameters(false).Curve.Oid.Value);
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    [InlineData("site.example")]
    public void A_certificate_covers_this_machine_and_the_site(string name)
    {
        var issued = _authority.IssueFor("site.example");

        Assert.True(issued.Chain.Server.MatchesHostname(name));
        Assert.False(issued.Chain.Server.MatchesHostname("other.example"));
    }

    [Fact]
    public void A_certificate_covers_an_address()
    {
        Assert.True(_authority.IssueFor("10.11.12.3").Chain.Server.MatchesHostname("10.11.12.3"));
    }

    [Fact]
    public void A_certificate_is_trusted_by_who_trusts_the_authority()
    {
        var issued = _authority.IssueFor("localhost");

        using var authority = X509Certificate2.CreateFromPem(File.ReadAllText(_authority.CertificateFile));
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationTime = _clock.Now.UtcDateTime;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid("1.3.6.1.5.5.7.3.1"));
        Assert.True(chain.Build(issued.Chain.Server), string.Join(", ", chain.ChainStatus.Select(status => status.StatusInformation)));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(19, false)]
    [InlineData(21, true)]
    [InlineData(400, true)]
    public void A_certificate_is_renewed_when_less_than_ten_days_remain(int daysLater, bool renewed)
    {
        var first = _authority.IssueFor("localhost");

        _clock.Now += TimeSpan.FromDays(daysLater);
        var second = _authority.IssueFor("localhost");

        Assert.Equal(renewed, first.Chain.Server.Thumbprint != second.Chain.Server.Thumbprint);
        Assert.Equal(first.Path, second.Path);
        Assert.InRange(second.Chain.Expires - _clock.Now, TimeSpan.FromDays(10), TimeSpan.FromDays(30));
    }

    [Theory]
    [InlineData(CertificateFolder.ChainFile)]
    [InlineData(CertificateFolder.KeyFile)]
    public void A_damaged_certificate_is_issued_anew(string file)
    {
        var first = _authority.IssueFor("localhost");
        File.WriteAllText(Path.Combine(first.Path, file), "damaged");

        var second = _authority.IssueFor("localhost");

        Assert.NotEqual(first.Chain.Server.Thumbprint, second.Chain.Server.Thumbprint);
    }

    [Fact]
    public void A_new_authority_issues_new_certificates()
    {
        var first = _authority.IssueFor("localhost");
        Directory.Delete(_folder["ca"], recursive: true);

        var second = _authority.IssueFor("localhost");

        Assert.NotEqual(first.Chain.Last.Thumbprint, second.Chain.Last.Thumbprint);
    }

    [Fact]
    public void An_authority_that_grows_old_is_replaced()
    {
        var first = _authority.IssueFor("localhost");

        _clock.Now += TimeSpan.FromDays(3600);
        var second = _authority.IssueFor("localhost");

        Assert.NotEqual(first.Chain.Last.Thumbprint, second.Chain.Last.Thumbprint);
    }

    [Fact]
    public void A_clock_that_is_set_back_a_little_makes_no_certificate_that_begins_before_its_issuer()
    {
        _authority.EnsureExists();
        using var authority = X509Certificate2.CreateFromPem(File.ReadAllText(_authority.CertificateFile));

        _clock.Now -= TimeSpan.FromMinutes(30);
        var issued = _authority.IssueFor("localhost");

        Assert.Equal(authority.NotBefore, issued.Chain.Server.NotBefore);
    }

    [Fact]
    public void An_authority_that_is_not_valid_yet_is_reported_and_not_replaced()
    {
        var made = _clock.Now;
        _authority.EnsureExists();
        var before = File.ReadAllText(_authority.CertificateFile);

        _clock.Now -= TimeSpan.FromDays(2);
        var refusal = Assert.Throws<DistributedApplicationException>(() => _authority.IssueFor("localhost"));

        Assert.StartsWith(
            $"The development CA in {_folder["ca"]} is not valid before {made.AddHours(-1):u}, and this machine's clock says {_clock.Now:u}. Set the clock right.", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllText(_authority.CertificateFile));
    }

    /// <summary>As files may be left by a full disk, a backup, or somebody's mistake.</summary>
    public static TheoryData<string, string, string> DamagedFiles() => new()
    {
        { "ca/ca.key", "damaged", "" },
        { "ca/ca.key", TestCertificate.Root().KeyPem, "ca.key is not the key of " },
        { "ca/ca.pem", "damaged", "" },
        { "ca/ca.pem", TestCertificate.Root().Server().Pem, "ca.key is not the key of " },
    };

    [Theory]
    [MemberData(nameof(DamagedFiles))]
    public void A_damaged_authority_is_reported_and_not_replaced(string file, string content, string reason)
    {
        _authority.EnsureExists();
        File.WriteAllText(_folder[file], content);

        Refused(reason);
        Assert.Equal(content, File.ReadAllText(_folder[file]));
    }

    /// <summary>One that may not issue, and one with another kind of key.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_authority_that_was_not_made_here_is_reported(bool isRsa)
    {
        _authority.EnsureExists();
        var root = TestCertificate.Root();
        var other = isRsa ? root.RsaServer() : root.Server();
        File.WriteAllText(_folder["ca/ca.pem"], other.Pem);
        File.WriteAllText(_folder["ca/ca.key"], other.KeyPem);

        Refused("is none that was made here.");
    }

    [Theory]
    [InlineData("ca/ca.pem")]
    [InlineData("ca/ca.key")]
    public void A_folder_in_place_of_the_authority_is_reported(string file)
    {
        _authority.EnsureExists();
        File.Delete(_folder[file]);
        Directory.CreateDirectory(_folder[file]);

        Refused("");
    }

    [Theory]
    [InlineData("ca")]
    [InlineData("tls")]
    [InlineData("tls/localhost")]
    public void A_file_in_place_of_a_folder_is_reported(string folder)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder[folder])!);
        File.WriteAllText(_folder[folder], "");

        NotWritable();
    }

    [Fact]
    public void A_folder_in_place_of_an_issued_file_is_reported()
    {
        Directory.CreateDirectory(_folder["tls/localhost/privkey.pem"]);

        NotWritable();
    }

    [Theory]
    [InlineData("ca", "rwx------")]
    [InlineData("ca/ca.key", "rw-------")]
    [InlineData("tls", "rwx------")]
    [InlineData("tls/site.example", "rwxr-xr-x")]
    [InlineData("tls/site.example/privkey.pem", "rw-r--r--")]
    [InlineData("tls/site.example/fullchain.pem", "rw-r--r--")]
    public void Only_the_user_gets_to_a_key(string path, string mode)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no modes.");

        _authority.IssueFor("site.example");

        Assert.Equal(mode, ModeOf(_folder[path]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("../../etc")]
    [InlineData("two words")]
    [InlineData("a/b")]
    public void What_is_no_host_is_refused(string name)
    {
        var refusal = Assert.Throws<WrongOptionException>(() => _authority.IssueFor(name));

        Assert.Equal($"Option host-name is '{name}'; allowed is the name or address of a host.", refusal.Message);
    }

    [Fact]
    public void The_instructions_name_the_certificate_that_is_there()
    {
        using var output = new StringWriter();

        TrustInstructions.WriteTo(output, _authority);

        Assert.True(File.Exists(_authority.CertificateFile));
        Assert.Contains($"curl --cacert '{_authority.CertificateFile}'", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("update-ca-certificates", output.ToString(), StringComparison.Ordinal);
        Assert.Contains($"certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n 'BoneYard development CA' -i '{_authority.CertificateFile}'", output.ToString(), StringComparison.Ordinal);
    }

    [System.Diagnostics.CodeAnalysis.SuppressMessage("Interoperability", "CA1416", Justification = "Skipped on Windows.")]
    private static string ModeOf(string path)
    {
        var mode = File.GetUnixFileMode(path);
        return string.Concat(Enumerable.Range(0, 9).Select(bit => ((int)mode & (256 >> bit)) != 0 ? "rwx"[bit % 3] : '-'));
    }

    private void Refused(string reason)
    {
        var refusal = Assert.Throws<DistributedApplicationException>(() => _authority.IssueFor("localhost"));

        Assert.StartsWith($"The development CA in {_folder["ca"]} cannot be used: ", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
        Assert.EndsWith("Remove that folder; a new CA is made at the next start, and has to be trusted anew.", refusal.Message, StringComparison.Ordinal);
    }

    private void NotWritable()
    {
        var refusal = Assert.Throws<DistributedApplicationException>(() => _authority.IssueFor("localhost"));

        Assert.StartsWith($"User {Environment.UserName} cannot write the certificates of development: ", refusal.Message, StringComparison.Ordinal);
        Assert.EndsWith("make room, or remove what is in the way.", refusal.Message, StringComparison.Ordinal);
    }
}
