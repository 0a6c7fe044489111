using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace BoneYard.Tests.Infrastructure;

internal static class Trust
{
    /// <summary>Trusts this root, or this self-signed certificate, and no other.</summary>
    public static SslClientAuthenticationOptions Only(X509Certificate2 root) => new()
    {
        CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            CustomTrustStore = { root },
            RevocationMode = X509RevocationMode.NoCheck,
        },
    };
}
