using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Demilune.Controller.Events;

/// <summary>Alerts as syslog messages (RFC 5424): each by UDP (RFC 5426), or counted in octets over TCP (RFC 6587 §3.4.1).</summary>
internal sealed class SyslogOutput(Uri to, TimeProvider time, ILogger<SyslogOutput> log) : EventOutput($"syslog {to}", time, log)
{
    /// <summary>What every receiver of UDP must take is 2048 octets (RFC 5426 §3.2 asks for it); a longer record is cut there.</summary>
    internal const int MaxDatagram = 8192;

    private const int LocalUse0 = 16, Warning = 4, Notice = 5;

    private readonly string _host = Environment.MachineName;
    private Socket? _socket;

    public override void Dispose()
    {
        _socket?.Dispose();
        base.Dispose();
    }

    protected override async Task SendAsync(IReadOnlyList<string> lines, CancellationToken stop)
    {
        try
        {
            _socket ??= await ConnectAsync(stop);
            foreach (var line in lines)
            {
                var message = Format(line, _host);
                if (to.Scheme == "udp") await _socket.SendAsync(message.AsMemory(0, Math.Min(message.Length, MaxDatagram)), stop);
                else await SendAllAsync(_socket, (byte[])[.. Encoding.ASCII.GetBytes(message.Length.ToString(CultureInfo.InvariantCulture) + " "), .. message], stop);
            }
        }
        catch
        {
            _socket?.Dispose();
            _socket = null;
            throw;
        }
    }

    /// <summary>One record as a message. Pure.</summary>
    internal static byte[] Format(string line, string host)
    {
        var (blocked, timestamp, kind) = (false, "-", "-");
        try
        {
            using var json = JsonDocument.Parse(line);
            var root = json.RootElement;
            blocked = root.TryGetProperty("alert"u8, out var alert) && alert.ValueKind == JsonValueKind.Object && alert.TryGetProperty("action"u8, out var action) && action.ValueEquals("blocked"u8);
            if (root.TryGetProperty("timestamp"u8, out var at) && DateTimeOffset.TryParse(at.GetString(), CultureInfo.InvariantCulture, out var moment))
                timestamp = moment.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
            // MSGID is printable ASCII without spaces, at most 32.
            if (root.TryGetProperty("event_type"u8, out var type) && type.GetString() is { Length: > 0 and <= 32 } text && text.All(c => c is > ' ' and < (char)127)) kind = text;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // It was checked when it was taken in; its header then says nothing.
        }
        var priority = LocalUse0 * 8 + (blocked ? Warning : Notice);
        return Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"<{priority}>1 {timestamp} {host} demilune - {kind} - {line}"));
    }

    private async Task<Socket> ConnectAsync(CancellationToken stop)
    {
        var udp = to.Scheme == "udp";
        var socket = new Socket(udp ? SocketType.Dgram : SocketType.Stream, udp ? ProtocolType.Udp : ProtocolType.Tcp);
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
            patience.CancelAfter(TimeSpan.FromSeconds(10));
            await socket.ConnectAsync(to.DnsSafeHost, to.Port > 0 ? to.Port : udp ? 514 : 601, patience.Token);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task SendAllAsync(Socket socket, ReadOnlyMemory<byte> bytes, CancellationToken stop)
    {
        while (!bytes.IsEmpty) bytes = bytes[await socket.SendAsync(bytes, stop)..];
    }
}
