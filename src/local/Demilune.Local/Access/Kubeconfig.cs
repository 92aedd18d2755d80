using System.Text;

namespace Demilune.Local.Access;

/// <summary>The file that lets kubectl, the controller and the node in as the cluster's administrator.</summary>
internal static class Kubeconfig
{
    public static void Write(string path, Uri server, ClusterAuthority authority)
    {
        static string Encode(string pem) => Convert.ToBase64String(Encoding.UTF8.GetBytes(pem));
        using var key = System.Security.Cryptography.X509Certificates.ECDsaCertificateExtensions.GetECDsaPrivateKey(authority.Administrator)!;
        PrivateFile.Write(path, $"""
            apiVersion: v1
            kind: Config
            clusters:
            - name: demilune-local
              cluster:
                server: {server.ToString().TrimEnd('/')}
                certificate-authority-data: {Encode(authority.Root.ExportCertificatePem())}
            users:
            - name: kubernetes-admin
              user:
                client-certificate-data: {Encode(authority.Administrator.ExportCertificatePem())}
                client-key-data: {Encode(key.ExportPkcs8PrivateKeyPem())}
            contexts:
            - name: demilune-local
              context:
                cluster: demilune-local
                user: kubernetes-admin
                namespace: default
            current-context: demilune-local

            """);
    }
}
