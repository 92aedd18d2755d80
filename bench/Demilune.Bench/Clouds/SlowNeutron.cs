using System.Collections.Concurrent;
using System.Text.Json;

namespace Demilune.Bench.Clouds;

/// <summary>Between a client and a network: counts what is asked, and takes as long over ports as a busy cloud does.</summary>
/// <param name="perPort">Of a request that makes ports, for each of them; a request of ten takes ten times as long.</param>
/// <param name="perChange">Of a request that changes or deletes one.</param>
internal sealed class SlowNeutron(HttpMessageHandler network, TimeSpan perPort, TimeSpan perChange) : DelegatingHandler(network)
{
    private readonly ConcurrentDictionary<string, int> _counts = new(StringComparer.Ordinal);

    /// <summary>"POST security-groups" → how often.</summary>
    public IReadOnlyDictionary<string, int> Counts => _counts;

    /// <summary>False: it takes no time, until something is to be measured.</summary>
    public bool IsSlow { get; set; }

    public void Forget() => _counts.Clear();

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var kind = request.RequestUri!.AbsolutePath["/v2.0/".Length..].Split('/')[0];
        _counts.AddOrUpdate($"{request.Method} {kind}", 1, (_, count) => count + 1);
        if (IsSlow && kind == "ports" && request.Method != HttpMethod.Get)
        {
            var pause = request.Method == HttpMethod.Post ? perPort * await PortsAsync(request, cancellationToken) : perChange;
            if (pause > TimeSpan.Zero) await Task.Delay(pause, cancellationToken);
        }
        return await base.SendAsync(request, cancellationToken);
    }

    private static async Task<int> PortsAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        using var body = JsonDocument.Parse(await request.Content!.ReadAsByteArrayAsync(cancel));
        return body.RootElement.TryGetProperty("ports", out var ports) ? ports.GetArrayLength() : 1;
    }
}
