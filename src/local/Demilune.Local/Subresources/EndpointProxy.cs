using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Demilune.Local.Api;
using Demilune.Local.Resources;
using Demilune.Local.Storage;

namespace Demilune.Local.Subresources;

/// <summary><c>services/[SCHEME:]NAME[:PORT]/proxy/PATH</c> and the same for pods: the request goes on to what is behind the name.</summary>
internal sealed class EndpointProxy(ObjectStore store) : IDisposable
{
    private static readonly HashSet<string> HopByHop = new(StringComparer.OrdinalIgnoreCase)
    {
        // RFC 9110 §7.6.1, and what belongs to this connection alone: whoever is behind must not get the caller's credentials.
        "Connection", "Proxy-Connection", "Keep-Alive", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Host", "Content-Length", "Authorization", "Proxy-Authorization",
    };

#pragma warning disable CA5359 // The name in a pod's certificate is rarely its address; Kubernetes' own proxy does not verify it either.
    private readonly HttpMessageInvoker _client = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false, UseCookies = false, UseProxy = false, AutomaticDecompression = DecompressionMethods.None, ConnectTimeout = TimeSpan.FromSeconds(10),
        SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true },
    });
#pragma warning restore CA5359

    public async Task RunAsync(HttpContext http, ResourceType type, ObjectName target, string path)
    {
        var (scheme, name, port) = Parse(target.Name);
        var endpoint = type.Storage is "pods" ? Pod(new ObjectName(target.Namespace, name), port) : Service(new ObjectName(target.Namespace, name), port);
        using var request = new HttpRequestMessage(new HttpMethod(http.Request.Method), new Uri($"{scheme}://{endpoint}{(path.Length is 0 ? "/" : EscapedPath(http, path))}{http.Request.QueryString}"));
        if (http.Request.ContentLength is > 0 || http.Request.Headers.TransferEncoding.Count > 0 || (http.Request.Protocol is "HTTP/2" && http.Request.ContentLength is null && !HttpMethods.IsGet(http.Request.Method) && !HttpMethods.IsHead(http.Request.Method)))
            request.Content = new StreamContent(http.Request.Body);
        foreach (var (header, values) in http.Request.Headers)
            if (!HopByHop.Contains(header) && !header.StartsWith(':') && !request.Headers.TryAddWithoutValidation(header, values.AsEnumerable())) request.Content?.Headers.TryAddWithoutValidation(header, values.AsEnumerable());
        request.Headers.TryAddWithoutValidation("X-Forwarded-Uri", http.Request.Path.Value);
        try
        {
            using var response = await _client.SendAsync(request, http.RequestAborted);
            http.Response.StatusCode = (int)response.StatusCode;
            foreach (var (header, values) in response.Headers.Concat(response.Content.Headers))
                if (!HopByHop.Contains(header)) http.Response.Headers[header] = values.ToArray();
            await using var body = await response.Content.ReadAsStreamAsync(http.RequestAborted);
            await StreamAsync(body, http);
        }
        catch (HttpRequestException e) when (!http.Response.HasStarted)
        {
            throw StatusException.Unavailable($"error trying to reach service: {e.InnerException?.Message ?? e.Message} ({scheme}://{endpoint})");
        }
    }

    public void Dispose() => _client.Dispose();

    /// <summary>As it comes: logs and event streams must not wait for a full buffer.</summary>
    private static async Task StreamAsync(Stream body, HttpContext http)
    {
        var buffer = new byte[32 << 10];
        int read;
        while ((read = await body.ReadAsync(buffer, http.RequestAborted)) > 0)
        {
            await http.Response.Body.WriteAsync(buffer.AsMemory(0, read), http.RequestAborted);
            await http.Response.Body.FlushAsync(http.RequestAborted);
        }
    }

    private static (string Scheme, string Name, string Port) Parse(string text) => text.Split(':') switch
    {
        [var name] => ("http", name, ""),
        [var name, var port] => ("http", name, port),
        ["" or "http" or "https", var name, var port] and [var scheme, ..] => (scheme is "" ? "http" : scheme, name, port),
        _ => throw StatusException.BadRequest($"invalid service request \"{text}\": it is [SCHEME:]NAME[:PORT]"),
    };

    private string Pod(ObjectName name, string port)
    {
        var pod = store.Current.Find("pods", name) ?? throw StatusException.NotFound("pods", name.Name);
        var address = pod.Root.Text("status", "podIP") ?? throw StatusException.Unavailable($"pod {name} has no address yet");
        var ports = pod.Root.Items("spec", "containers").SelectMany(container => container.Items("ports")).ToArray();
        var number = port.Length is 0 ? ports.Select(p => p.Number("containerPort")).FirstOrDefault() ?? 80
            : long.TryParse(port, CultureInfo.InvariantCulture, out var parsed) ? parsed
            : ports.Where(p => p.Text("name") == port).Select(p => p.Number("containerPort")).FirstOrDefault() ?? throw StatusException.BadRequest($"pod {name} has no port named \"{port}\"");
        return Endpoint(address, number);
    }

    private string Service(ObjectName name, string port)
    {
        var service = store.Current.Find("services", name) ?? throw StatusException.NotFound("services", name.Name);
        var ports = service.Root.Items("spec", "ports").ToArray();
        var chosen = port.Length is 0 && ports.Length is 1 ? ports[0]
            : ports.FirstOrDefault(p => p.Text("name") == port || p.Number("port")?.ToString(CultureInfo.InvariantCulture) == port);
        if (chosen.ValueKind is JsonValueKind.Undefined) throw StatusException.Unavailable($"no service port \"{port}\" found for service \"{name.Name}\"");
        var portName = chosen.Text("name") ?? "";
        foreach (var subset in store.Current.Find("endpoints", name)?.Root.Items("subsets") ?? [])
            foreach (var candidate in subset.Items("ports").Where(p => (p.Text("name") ?? "") == portName))
                if (subset.Items("addresses").ToArray() is { Length: > 0 } addresses)
                    return Endpoint(addresses[Random.Shared.Next(addresses.Length)].Text("ip") ?? "", candidate.Number("port") ?? 0);
        throw StatusException.Unavailable($"no endpoints available for service \"{name.Name}\"");
    }

    private static string Endpoint(string address, long port) =>
        IPAddress.TryParse(address, out var ip) && port is > 0 and <= 65535 ? (ip.AddressFamily is AddressFamily.InterNetworkV6 ? $"[{ip}]:{port}" : $"{ip}:{port}")
            : throw StatusException.Unavailable($"{address}:{port} is no endpoint");

    /// <summary>The path as the client wrote it: decoding it and encoding it again would change what the other side sees.</summary>
    private static string EscapedPath(HttpContext http, string decoded)
    {
        var raw = http.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()?.RawTarget ?? "";
        var at = raw.IndexOf("/proxy/", StringComparison.Ordinal);
        if (at < 0) return Uri.EscapeDataString(decoded).Replace("%2F", "/", StringComparison.Ordinal);
        var rest = raw[(at + "/proxy".Length)..];
        return rest.Split('?', 2)[0];
    }
}
