namespace BoneYard.Tls;

/// <summary>Tells how to make browsers and tools trust the development authority, and how to take that back.</summary>
internal static class TrustInstructions
{
    /// <summary>Creates the authority when there is none, so that what is printed can be pasted at once.</summary>
    public static void WriteTo(TextWriter output, DevelopmentAuthority authority)
    {
        authority.EnsureExists();
        var file = Shell.Quoted(authority.CertificateFile);
        const string Name = DevelopmentAuthority.CommonName;
        const string System = "/usr/local/share/ca-certificates/boneyard-development-ca.crt";

        output.WriteLine(
            $"""
            The development CA of this user is {authority.CertificateFile}
            Its key never leaves that folder. Whoever reads the key can pose as any site towards whoever trusts the CA.

            One request:
              curl --cacert {file} https://localhost:8443/

            Debian, for curl, git, Python and .NET:
              sudo install -m 644 {file} {System} && sudo update-ca-certificates
              (take it back)  sudo rm {System} && sudo update-ca-certificates --fresh

            Chromium (certutil is in the package libnss3-tools):
              mkdir -p ~/.pki/nssdb && certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n '{Name}' -i {file}
              (take it back)  certutil -d sql:$HOME/.pki/nssdb -D -n '{Name}'

            Firefox, every profile:
              for profile in ~/.mozilla/firefox/*.default*; do certutil -d sql:$profile -A -t C,, -n '{Name}' -i {file}; done
              (take it back)  for profile in ~/.mozilla/firefox/*.default*; do certutil -d sql:$profile -D -n '{Name}'; done
            """);
    }
}
