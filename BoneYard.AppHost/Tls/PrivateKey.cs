using System.Security.Cryptography;

namespace BoneYard.Tls;

/// <summary>Looks at a private key in PEM without keeping it.</summary>
internal static class PrivateKey
{
    /// <returns>The subject public key info that belongs to it.</returns>
    /// <exception cref="CryptographicException">The text holds no private key that Nginx could use without asking somebody.</exception>
    public static byte[] PublicKeyOf(string pem)
    {
        if (pem.Contains("ENCRYPTED", StringComparison.Ordinal))
        {
            throw new CryptographicException("it is encrypted, and nobody is there to type its passphrase. `openssl pkey -in FILE -out NEWFILE` takes it off");
        }

        return ReadAs(ECDsa.Create(), pem) ?? ReadAs(RSA.Create(), pem)
            ?? throw new CryptographicException("there is no private key in it, neither RSA nor elliptic curve");
    }

    private static byte[]? ReadAs(AsymmetricAlgorithm algorithm, string pem)
    {
        using (algorithm)
        {
            try
            {
                algorithm.ImportFromPem(pem);
                // A public key is read as well. Only a private one can be written as such.
                CryptographicOperations.ZeroMemory(algorithm.ExportPkcs8PrivateKey());
                return algorithm.ExportSubjectPublicKeyInfo();
            }
            catch (Exception exception) when (exception is CryptographicException or ArgumentException)
            {
                return null;
            }
        }
    }
}
