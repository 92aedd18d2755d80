using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Demilune.Neutron;
using Demilune.Neutron.Keystone;

namespace Demilune.Controller.Cloud;

/// <summary>A Neutron client for a cloud as it was configured.</summary>
internal static class CloudConnection
{
    /// <summary>Of one request. Neutron answers bulk requests of hundreds of ports in some ten seconds; who takes longer is as good as dead.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    /// <exception cref="CloudConfigException">The CA file holds no certificate.</exception>
    public static INeutron Open(CloudConfig cloud, TimeProvider time)
    {
        var http = new HttpClient(Handler(cloud)) { Timeout = Timeout };
        if (cloud.Access is { } access) return new NeutronClient(http, new KeystoneTokens(http, access, time), time);
        http.BaseAddress = new(cloud.Endpoint!.AbsoluteUri.TrimEnd('/').Replace("/v2.0", "", StringComparison.Ordinal) + "/");
        return new NeutronClient(http, new NoAuth(), time);
    }

    private static SocketsHttpHandler Handler(CloudConfig cloud)
    {
        // A load balancer's address may move: connections do not live for ever.
        var handler = new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5), ConnectTimeout = TimeSpan.FromSeconds(10), AllowAutoRedirect = false };
        if (!cloud.Verify)
        {
#pragma warning disable CA5359 // "verify: false" of clouds.yaml says exactly this
            handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
            return handler;
        }
        if (cloud.CaFile is null) return handler;
        var roots = new X509Certificate2Collection();
        roots.ImportFromPemFile(cloud.CaFile);
        if (roots.Count == 0) throw new CloudConfigException($"cloud \"{cloud.Name}\": cacert {cloud.CaFile} holds no certificate in PEM");
        handler.SslOptions = new SslClientAuthenticationOptions
        {
            CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck },
        };
        handler.SslOptions.CertificateChainPolicy.CustomTrustStore.AddRange(roots);
        return handler;
    }
}
