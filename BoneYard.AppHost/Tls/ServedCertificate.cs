using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace BoneYard.Tls;

/// <summary>The certificate that a server shows its visitors.</summary>
/// <param name="Expires">When the first of it and its issuers does, UTC.</param>
internal sealed record ServedCertificate(string Thumbprint, string Subject, DateTimeOffset Expires)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>Shakes hands as a visitor does who takes any certificate, and asks for nothing.</summary>
    /// <param name="name">Under which the visitor comes (SNI).</param>
    /// <exception cref="IOException">There was no handshake; so are a <see cref="SocketException"/> and others.</exception>
    public static async Task<ServedCertificate> LookAsync(string host, int port, string name, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(s_patience);

        try
        {
            return await ShakeHandsAsync(host, port, name, patience.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IOException($"there was no answer within {s_patience.TotalSeconds} seconds");
        }
    }

    private static async Task<ServedCertificate> ShakeHandsAsync(string host, int port, string name, CancellationToken cancellationToken)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(host, port, cancellationToken);
        ServedCertificate? served = null;

        await using var stream = new SslStream(client.GetStream(), leaveInnerStreamOpen: false, (_, certificate, chain, _) =>
        {
            var server = (X509Certificate2)certificate!;
            served = new(server.Thumbprint, server.Subject, chain!.ChainPolicy.ExtraStore.Append(server).Min(sent => (DateTimeOffset)sent.NotAfter.ToUniversalTime()));
            // Nothing is sent or believed; only what is shown matters.
            return true;
        });

        await stream.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = name,
                // A session that is resumed has the certificate of the day on which it began.
                AllowTlsResume = false,
                // Nobody is asked for issuers.
                CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true,
                },
            },
            cancellationToken);

        return served!;
    }
}
