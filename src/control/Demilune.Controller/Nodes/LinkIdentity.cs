using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Demilune.Controller.Nodes;

/// <summary>Who the controller is to its nodes: a certificate of its own authority, and the key of which each node's token is made.</summary>
/// <remarks>
/// Files of the directory: <c>ca.crt</c> is for everybody, <c>ca.key</c>, <c>tokens.key</c>, <c>server.crt</c> and <c>server.key</c> stay
/// here. Made on the first start; a server certificate near its end is renewed under the same authority, so that no node notices.
/// </remarks>
internal sealed class LinkIdentity
{
    private static readonly TimeSpan AuthorityLife = TimeSpan.FromDays(3_650);
    private static readonly TimeSpan ServerLife = TimeSpan.FromDays(365);
    private static readonly TimeSpan RenewBefore = TimeSpan.FromDays(60);

    private readonly string _directory;
    private readonly byte[] _tokensKey;

    private LinkIdentity(string directory, X509Certificate2 certificate, string authority, byte[] tokensKey) =>
        (_directory, Certificate, Authority, _tokensKey) = (directory, certificate, authority, tokensKey);

    public X509Certificate2 Certificate { get; }

    /// <summary>The authority's certificate, in PEM: what agents trust.</summary>
    public string Authority { get; }

    /// <exception cref="IOException">A file cannot be read, written or understood; the message names it.</exception>
    public static LinkIdentity LoadOrCreate(string directory, TimeProvider time)
    {
        Directory.CreateDirectory(directory);
        var now = time.GetUtcNow();
        using var authority = LoadOrCreate(directory, "ca", now, TimeSpan.Zero, () => CreateAuthority(now));
        var server = LoadOrCreate(directory, "server", now, RenewBefore, () => CreateServer(authority, now));
        var keyFile = Path.Combine(directory, "tokens.key");
        if (!File.Exists(keyFile)) WriteSecret(keyFile, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)) + "\n");
        var key = File.ReadAllText(keyFile).Trim();
        if (key.Length < 32)
            throw new IOException($"{keyFile} holds less than 32 characters: delete it, restart, and give the node agents their new tokens.");
        return new(directory, server, authority.ExportCertificatePem() + "\n", Encoding.UTF8.GetBytes(key));
    }

    /// <summary>What the agent of a node says, where no cluster gives it a token: its name, and that we know it.</summary>
    public string TokenOf(string node) => $"{node}:{Convert.ToHexStringLower(HMACSHA256.HashData(_tokensKey, Encoding.UTF8.GetBytes("node\0" + node)))}";

    /// <summary>The node that a token is of; null: of none. In time that does not depend on where the first difference is.</summary>
    public string? NodeOf(string token) =>
        token.LastIndexOf(':') is > 0 and var at && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(token), Encoding.UTF8.GetBytes(TokenOf(token[..at]))) ? token[..at] : null;

    /// <summary>Writes what the agent of a node needs to attach, and nothing by which it could be another: <c>nodes/NODE/ca.crt</c> and <c>token</c>.</summary>
    public void WriteFor(string node)
    {
        var directory = Path.Combine(_directory, "nodes", node);
        Directory.CreateDirectory(directory);
        File.WriteAllText(Path.Combine(directory, "ca.crt"), Authority);
        WriteSecret(Path.Combine(directory, "token"), TokenOf(node) + "\n");
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
    public static void WriteSecret(string path, string text)
    {
        using var stream = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        using var writer = new StreamWriter(stream);
        writer.Write(text);
    }
}
