using System.Security.Cryptography.X509Certificates;

namespace BoneYard.Tests.Infrastructure;

/// <summary>Puts a certificate into a store of the user, until it is disposed of.</summary>
internal sealed class UserStore : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly X509Store _store;
    private readonly X509Certificate2 _certificate;

    public UserStore(StoreName name, TestCertificate certificate)
    {
        // Without its key, which is nobody's business.
        _certificate = X509CertificateLoader.LoadCertificate(certificate.Certificate.RawData);
        _store = new X509Store(name, StoreLocation.CurrentUser, OpenFlags.ReadWrite);
        _store.Add(_certificate);
    }

    /// <summary>.NET looks at its stores from time to time only: until what one issued is trusted.</summary>
    public static async Task WaitUntilTrustedAsync(TestCertificate issued)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience);

        while (!IsTrusted(issued))
        {
            await Task.Delay(100, patience.Token);
        }
    }

    public void Dispose()
    {
        _store.Remove(_certificate);
        _store.Dispose();
        _certificate.Dispose();
    }

    private static bool IsTrusted(TestCertificate issued)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        return chain.Build(issued.Certificate);
    }
}
