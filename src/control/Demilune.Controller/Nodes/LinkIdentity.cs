using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Demilune.Controller.Nodes;

/// <summary>Who the controller is to its nodes: a certificate of its own authority, and the token that it expects of them.</summary>
/// <remarks>
/// Files of the directory: <c>ca.crt</c> and <c>token</c> are for the node agents, <c>ca.key</c>, <c>server.crt</c> and <c>server.key</c> stay
/// here. Made on the first start; a server certificate near its end is renewed under the same authority, so that no node notices.
/// </remarks>
internal sealed class LinkIdentity
{
    private static readonly TimeSpan AuthorityLife = TimeSpan.FromDays(3_650);
    private static readonly TimeSpan ServerLife = TimeSpan.FromDays(365);
    private static readonly TimeSpan RenewBefore = TimeSpan.FromDays(60);

    private readonly byte[] _tokenHash;

    private LinkIdentity(X509Certificate2 certificate, string authority, string token)
    {
        (Certificate, Authority, Token) = (certificate, authority, token);
        _tokenHash = SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(token));
    }

    public X509Certificate2 Certificate { get; }

    /// <summary>The authority's certificate, in PEM: what agents trust.</summary>
    public string Authority { get; }

    /// <summary>What agents have to say.</summary>
    public string Token { get; }

    /// <exception cref="IOException">A file cannot be read, written or understood; the message names it.</exception>
    public static LinkIdentity LoadOrCreate(string directory, TimeProvider time)
    {
        Directory.CreateDirectory(directory);
        var now = time.GetUtcNow();
        using var authority = LoadOrCreate(directory, "ca", now, TimeSpan.Zero, () => CreateAuthority(now));
        var server = LoadOrCreate(directory, "server", now, RenewBefore, () => CreateServer(authority, now));
        var tokenFile = Path.Combine(directory, "token");
        if (!File.Exists(tokenFile)) WriteSecret(tokenFile, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)) + "\n");
        var token = File.ReadAllText(tokenFile).Trim();
        if (token.Length < 32)
            throw new IOException($"{tokenFile} holds less than 32 characters: delete it, restart, and give the new one to the node agents.");
        return new(server, authority.ExportCertificatePem() + "\n", token);
    }

    /// <summary>In time that does not depend on where the first difference is.</summary>
    public bool Accepts(string? authorization)
    {
        const string Scheme = "Bearer ";
        if (authorization is null || !authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)) return false;
        var given = SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(authorization[Scheme.Length..].Trim()));
        return CryptographicOperations.FixedTimeEquals(given, _tokenHash);
    }

    private static X509Certificate2 LoadOrCreate(string directory, string name, DateTimeOffset now, TimeSpan renewBefore, Func<X509Certificate2> create)
    {
        var (certificateFile, keyFile) = (Path.Combine(directory, name + ".crt"), Path.Combine(directory, name + ".key"));
        if (File.Exists(certificateFile) && File.Exists(keyFile))
        {
            try
            {
                var there = X509Certificate2.CreateFromPemFile(certificateFile, keyFile);
                if (there.NotAfter.ToUniversalTime() > (now + renewBefore).UtcDateTime) return there;
                there.Dispose();
            }
            catch (CryptographicException e)
            {
                throw new IOException($"{certificateFile} and {keyFile} are not a certificate and its key ({e.Message}): delete both to have new ones made.", e);
            }
        }
        var made = create();
        using var key = made.GetECDsaPrivateKey()!;
        // The key first: a certificate without its key would not be made anew.
        WriteSecret(keyFile, key.ExportPkcs8PrivateKeyPem() + "\n");
        File.WriteAllText(certificateFile, made.ExportCertificatePem() + "\n");
        return made;
    }

    private static X509Certificate2 CreateAuthority(DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=demilune node link authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        return request.CreateSelfSigned(now.AddHours(-1), now + AuthorityLife);
    }

    private static X509Certificate2 CreateServer(X509Certificate2 authority, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=demilune-controller", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        foreach (var name in (string[])["localhost", "demilune-controller", "demilune-controller.demilune-system", "demilune-controller.demilune-system.svc"])
            names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));    // serverAuth
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, true, false));
        var end = now + ServerLife < authority.NotAfter ? now + ServerLife : authority.NotAfter;
        using var signed = request.Create(authority, now.AddHours(-1), end, RandomNumberGenerator.GetBytes(16));
        return signed.CopyWithPrivateKey(key);
    }

    /// <summary>Nobody else may read it, not even for the moment in which it is written.</summary>
    private static void WriteSecret(string path, string text)
    {
        using var stream = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        using var writer = new StreamWriter(stream);
        writer.Write(text);
    }
}
