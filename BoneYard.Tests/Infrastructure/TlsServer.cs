using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace BoneYard.Tests.Infrastructure;

/// <summary>Shakes hands, and says nothing else.</summary>
internal sealed class TlsServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private volatile SslStreamCertificateContext _served;

    public TlsServer(TestCertificate server, params TestCertificate[] issuers)
    {
        _served = Context(server, issuers);
        _listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>For which names visitors asked.</summary>
    public ConcurrentQueue<string?> Names { get; } = [];

    public void Serve(TestCertificate server, params TestCertificate[] issuers) => _served = Context(server, issuers);

    public void Dispose() => _listener.Dispose();

    private static SslStreamCertificateContext Context(TestCertificate server, TestCertificate[] issuers) =>
        SslStreamCertificateContext.Create(server.Certificate, [.. issuers.Select(issuer => issuer.Certificate)], offline: true);

    private async Task AcceptAsync()
    {
        while (true)
        {
            TcpClient client;

            try
            {
                client = await _listener.AcceptTcpClientAsync();
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                return;
            }

            using (client)
            {
                try
                {
                    await using var stream = new SslStream(client.GetStream());
                    await stream.AuthenticateAsServerAsync((_, hello, _, _) =>
                    {
                        Names.Enqueue(hello.ServerName);
                        return ValueTask.FromResult(new SslServerAuthenticationOptions { ServerCertificateContext = _served });
                    }, null);
                    // Until the visitor leaves.
                    await stream.CopyToAsync(Stream.Null);
                }
                catch (Exception exception) when (exception is IOException or System.Security.Authentication.AuthenticationException)
                {
                    // The next one may have more to say.
                }
            }
        }
    }
}
