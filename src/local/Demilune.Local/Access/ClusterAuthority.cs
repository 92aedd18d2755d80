using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Demilune.Local.Access;

/// <summary>The cluster's own certificate authority, made at the first start and kept in <c>DIR/pki</c>.</summary>
internal sealed class ClusterAuthority
{
    /// <summary>A local cluster is thrown away long before.</summary>
    private static readonly TimeSpan CaLifetime = TimeSpan.FromDays(3650);

    /// <summary>Renewed at each start in the last month.</summary>
    private static readonly TimeSpan LeafLifetime = TimeSpan.FromDays(365);

    private static readonly TimeSpan RenewBefore = TimeSpan.FromDays(30);

    private readonly string _directory;
    private readonly TimeProvider _time;

    /// <param name="serviceAddress">Cluster address of the <c>kubernetes</c> service; in the server's certificate.</param>
    public ClusterAuthority(string directory, IPAddress serviceAddress, TimeProvider time)
    {
        _directory = directory;
        _time = time;
        Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Root = LoadOrMake("ca", MakeRoot, TimeSpan.Zero);
        Server = LoadOrMake("apiserver", key => MakeLeaf(key, "CN=kube-apiserver", "1.3.6.1.5.5.7.3.1", names =>
        {
            foreach (var name in (string[])["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local", Environment.MachineName])
                names.AddDnsName(name);
            foreach (var address in (IPAddress[])[IPAddress.Loopback, IPAddress.IPv6Loopback, serviceAddress]) names.AddIpAddress(address);
        }), RenewBefore);
        // Kubernetes reads the user's name from CN and groups from O; system:masters may do anything.
        Administrator = LoadOrMake("admin", key => MakeLeaf(key, "CN=kubernetes-admin, O=system:masters", "1.3.6.1.5.5.7.3.2", null), RenewBefore);
    }

    public X509Certificate2 Root { get; }

    public X509Certificate2 Server { get; }

    public X509Certificate2 Administrator { get; }

    /// <summary>Signed by this authority, for use as a client, and valid now.</summary>
    public bool Trusts(X509Certificate2 certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(Root);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationTimeIgnored = false;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid("1.3.6.1.5.5.7.3.2"));
        return chain.Build(certificate);
    }

    private X509Certificate2 LoadOrMake(string name, Func<ECDsa, X509Certificate2> make, TimeSpan renewBefore)
    {
        var (certificateFile, keyFile) = (Path.Combine(_directory, name + ".crt"), Path.Combine(_directory, name + ".key"));
        if (File.Exists(certificateFile) && File.Exists(keyFile))
        {
            var loaded = X509Certificate2.CreateFromPemFile(certificateFile, keyFile);
            if (loaded.NotAfter.ToUniversalTime() - renewBefore > _time.GetUtcNow().UtcDateTime && (name is "ca" || loaded.Issuer == Root.Subject)) return loaded;
            loaded.Dispose();
        }
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var made = make(key);
        PrivateFile.Write(keyFile, key.ExportPkcs8PrivateKeyPem());
        PrivateFile.Write(certificateFile, made.ExportCertificatePem());
        return X509Certificate2.CreateFromPemFile(certificateFile, keyFile);
    }

    private X509Certificate2 MakeRoot(ECDsa key)
    {
        var request = new CertificateRequest("CN=demilune-local-ca", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign | X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        var now = _time.GetUtcNow();
        return request.CreateSelfSigned(now.AddMinutes(-5), now + CaLifetime);
    }

    private X509Certificate2 MakeLeaf(ECDsa key, string subject, string usage, Action<SubjectAlternativeNameBuilder>? addNames)
    {
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], critical: false));
        if (addNames is not null)
        {
            var names = new SubjectAlternativeNameBuilder();
            addNames(names);
            request.CertificateExtensions.Add(names.Build());
        }
        var now = _time.GetUtcNow();
        return request.Create(Root, now.AddMinutes(-5), now + LeafLifetime, RandomNumberGenerator.GetBytes(16));
    }
}

/// <summary>Files only their owner may read, replaced whole: a reader never sees half of one.</summary>
internal static class PrivateFile
{
    public static void Write(string path, string text)
    {
        var temporary = path + ".new";
        using (var file = new FileStream(temporary, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
            file.Write(System.Text.Encoding.UTF8.GetBytes(text));
        File.Move(temporary, path, overwrite: true);
    }
}
