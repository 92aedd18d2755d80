using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Demilune.Local.Node.Containers;
using k8s.Models;

namespace Demilune.Local.Node.Probes;

/// <summary>Asks one container how it is, from the node as kubelet does.</summary>
/// <param name="address">The pod's; 127.0.0.1 in the host's network.</param>
internal sealed class ProbeTarget(OciRuntime runtime, string containerId, string address, V1Container container)
{
    private const int MaxOutput = 1024;

    /// <summary>A pod's certificate names whatever it likes: a probe asks for life, not for identity. Redirects are an answer.</summary>
    private static readonly HttpClient Http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false, UseProxy = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.Zero,
#pragma warning disable CA5359
        SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true },
#pragma warning restore CA5359
    })
    { Timeout = Timeout.InfiniteTimeSpan };

    /// <returns>Null: well. Otherwise what is wrong, in kubelet's words.</returns>
    public async Task<string?> TryAsync(V1Probe probe, CancellationToken cancellation)
    {
        var timeout = TimeSpan.FromSeconds(Math.Max(1, probe.TimeoutSeconds ?? 1));
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(timeout);
        try
        {
            if (probe.Exec is { } exec) return await ExecAsync(exec, timeout, cancellation);
            if (probe.HttpGet is { } get) return await HttpAsync(get, limit.Token);
            if (probe.TcpSocket is { } tcp) return await TcpAsync(tcp, limit.Token);
            return "this node knows exec, httpGet and tcpSocket probes";
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return $"no answer within {timeout.TotalSeconds} s";
        }
        catch (Exception error) when (error is HttpRequestException or SocketException or IOException or FormatException or NodeException)
        {
            return error.Message;
        }
    }

    private async Task<string?> ExecAsync(V1ExecAction exec, TimeSpan timeout, CancellationToken cancellation)
    {
        var line = runtime.ExecCommand(containerId, [.. exec.Command ?? []], terminal: false);
        var outcome = await HostCommand.RunAsync(line[0], [.. line.Skip(1)], timeout, cancellation);
        return outcome.Succeeded ? null : Shorten(outcome.Complaint);
    }

    private async Task<string?> HttpAsync(V1HTTPGetAction get, CancellationToken cancellation)
    {
        var uri = new UriBuilder(get.Scheme is "HTTPS" ? "https" : "http", get.Host ?? address, Port(get.Port)).Uri;
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(uri, get.Path is { Length: > 0 } path ? path : "/"));
        request.Headers.TryAddWithoutValidation("User-Agent", "kube-probe/1.32");
        foreach (var header in get.HttpHeaders ?? [])
            if (header.Name.Equals("Host", StringComparison.OrdinalIgnoreCase)) request.Headers.Host = header.Value;
            else request.Headers.TryAddWithoutValidation(header.Name, header.Value);
        using var response = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        return (int)response.StatusCode is >= 200 and < 400 ? null : $"HTTP probe failed with statuscode: {(int)response.StatusCode}";
    }

    private async Task<string?> TcpAsync(V1TCPSocketAction tcp, CancellationToken cancellation)
    {
        var host = tcp.Host ?? address;
        using var socket = IPAddress.TryParse(host, out var ip)
            ? new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp)
            : new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(host, Port(tcp.Port), cancellation);
        return null;
    }

    /// <summary>A number, or the name of one of the container's ports.</summary>
    private int Port(IntOrString port) =>
        int.TryParse(port.Value, CultureInfo.InvariantCulture, out var number) ? number
        : container.Ports?.FirstOrDefault(each => each.Name == port.Value)?.ContainerPort
            ?? throw new NodeException($"the container has no port named {port.Value}");

    private static string Shorten(string text) => text.Length <= MaxOutput ? text : text[..MaxOutput];
}
