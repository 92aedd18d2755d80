using System.Runtime.CompilerServices;

namespace Demilune.Kubernetes.Api;

public sealed partial class KubernetesApi
{
    /// <summary>
    /// GET of an HTTP service in the cluster through the API server's proxy, line by line as they come: reachable
    /// wherever kubectl is, with the rights that the kubeconfig has on <c>services/proxy</c>.
    /// </summary>
    /// <param name="service">"name:port", as in the proxy's path.</param>
    /// <param name="path">Of the service, with its query, without a leading slash.</param>
    /// <exception cref="ApiException">The API server or the service said no.</exception>
    public async IAsyncEnumerable<string> ReadServiceLinesAsync(
        string @namespace, string service, string path, [EnumeratorCancellation] CancellationToken cancel)
    {
        var address = $"api/v1/namespaces/{Uri.EscapeDataString(@namespace)}/services/{service}/proxy/{path}";
        using var response = await OpenAsync(HttpMethod.Get, address, null, null, cancel);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancel));
        while (await reader.ReadLineAsync(cancel) is { } line)
            if (line.Length > 0) yield return line;
    }
}
