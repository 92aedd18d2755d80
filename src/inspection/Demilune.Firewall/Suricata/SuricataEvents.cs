using System.Buffers;
using System.Net.Sockets;
using System.Text.Json;
using Demilune.Contracts.FirewallLink;
using Demilune.Firewall.Engines;
using Demilune.Firewall.Events;
using Demilune.Inspection.Events.Eve;
using Demilune.Wire.Ip;

namespace Demilune.Firewall.Suricata;

/// <summary>
/// Takes Suricata's EVE records from a socket that it writes to, says who the two ends are in the cluster and which policy judged, and hands
/// them on: one stream of events, whatever the engine.
/// </summary>
internal sealed class SuricataEvents : IDisposable
{
    /// <summary>An alert with its payload is some kilobytes.</summary>
    private const int MaxLineBytes = 1 << 20;

    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly EveLineSink _sink;
    private readonly Action<string> _log;
    private readonly ArrayBufferWriter<byte> _line = new(16 * 1024);
    private volatile Identities _identities = Identities.Empty;
    private volatile IReadOnlyDictionary<int, EnginePolicy> _policies = new Dictionary<int, EnginePolicy>();

    /// <param name="path">Listened on from now on.</param>
    public SuricataEvents(string path, EveLineSink sink, Action<string> log)
    {
        (_sink, _log) = (sink, log);
        File.Delete(path);
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen(1);
    }

    /// <summary>Records that were no JSON object.</summary>
    public long Refused { get; private set; }

    public void Identify(IdentityTable pods) => _identities = IdentityIntake.Read(pods);

    /// <summary>Policies by tag, as events name them from now on.</summary>
    public void Name(IReadOnlyDictionary<int, EnginePolicy> policies) => _policies = policies;

    /// <summary>Takes records until <paramref name="stop"/>; Suricata connects anew when it lost the connection.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                using var connection = await _listener.AcceptAsync(stop);
                await using var stream = new NetworkStream(connection);
                var lines = new Link.LineReader(stream, MaxLineBytes);
                while (await lines.ReadAsync(stop) is { } line)
                    if (!line.IsEmpty) Take(line);
            }
            catch (Exception error) when (error is SocketException or IOException or InvalidDataException)
            {
                _log($"Suricata's events: {error.Message}");
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
        }
    }

    public void Dispose() => _listener.Dispose();

    private void Take(ReadOnlyMemory<byte> record)
    {
        try
        {
            using var json = JsonDocument.Parse(record);
            _line.ResetWrittenCount();
            using (var writer = new Utf8JsonWriter(_line)) Write(writer, json.RootElement, _identities, _policies);
            _sink(_line.WrittenSpan);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            Refused++;
        }
    }

    /// <summary>Pure.</summary>
    internal static void Write(Utf8JsonWriter writer, JsonElement record, Identities identities, IReadOnlyDictionary<int, EnginePolicy> policies)
    {
        writer.WriteStartObject();
        foreach (var member in record.EnumerateObject())
        {
            // The words of the splice, nobody's addresses.
            if (!member.NameEquals("ether"u8)) member.WriteTo(writer);
        }
        var network = NetworkOf(record);
        var (source, destination) = (Find(record, "src_ip"u8, network, identities), Find(record, "dest_ip"u8, network, identities));
        var policy = TagOf(record) is { } tag ? policies.GetValueOrDefault(tag) : null;
        if (source is not null || destination is not null || policy is not null)
        {
            writer.WriteStartObject("kubernetes"u8);
            Write(writer, "source"u8, source);
            Write(writer, "destination"u8, destination);
            if (policy is not null)
            {
                writer.WriteString("policy"u8, policy.Name);
                writer.WriteString("mode"u8, policy.Prevent ? "Prevent"u8 : "Detect"u8);
            }
            writer.WriteEndObject();
        }
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, ReadOnlySpan<byte> name, Identity? identity)
    {
        if (identity is null) return;
        writer.WriteStartObject(name);
        writer.WriteString("namespace"u8, identity.Namespace);
        writer.WriteString("pod"u8, identity.Pod);
        writer.WriteStartObject("labels"u8);
        foreach (var (label, value) in identity.Labels) writer.WriteString(label, value);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static Identity? Find(JsonElement record, ReadOnlySpan<byte> member, int network, Identities identities) =>
        record.TryGetProperty(member, out var text) && text.GetString() is { } address && IpAddress.TryParse(address, out var parsed) ? identities.Find(network, parsed) : null;

    private static int? TagOf(JsonElement record) =>
        record.TryGetProperty("vlan"u8, out var tags) && tags.ValueKind == JsonValueKind.Array && tags.GetArrayLength() > 0 && tags[0] is { ValueKind: JsonValueKind.Number } first && first.TryGetInt32(out var tag) ? tag : null;

    /// <summary>Bytes 2 and 3 of the source address, as the splice wrote it; what Suricata made up itself has none, and is of the first network.</summary>
    private static int NetworkOf(JsonElement record)
    {
        const int Default = 1;
        if (!record.TryGetProperty("ether"u8, out var ether)) return Default;
        var address = ether.TryGetProperty("src_mac"u8, out var one) ? one
            : ether.TryGetProperty("src_macs"u8, out var all) && all.ValueKind == JsonValueKind.Array && all.GetArrayLength() > 0 ? all[0]
            : default;
        return address.ValueKind == JsonValueKind.String && address.GetString() is ['0', '2', ':', 'd', '1', ':', _, _, ':', _, _, ..] mac
            && int.TryParse(string.Concat(mac.AsSpan(6, 2), mac.AsSpan(9, 2)), System.Globalization.NumberStyles.AllowHexSpecifier, System.Globalization.CultureInfo.InvariantCulture, out var network)
            ? network : Default;
    }
}
