using System.Text.Json;
using Demilune.Inspection.Detection;
using Demilune.Rules.Buffers;
using Demilune.Rules.Headers;

namespace Demilune.Inspection.Sessions.Ntp;

/// <summary>NTP (RFC 5905 §7.3): recognised, so that rules can say so; it has no fields of its own, and EVE no record.</summary>
internal sealed class NtpSession(InspectorOptions options, Detector detector) : MessageSession(options, detector, "ntp", [])
{
    private const int HeaderLength = 48;
    private const int ControlLength = 12;
    private const int Port = 123;

    public static Protocol Definition { get; } = new()
    {
        App = AppProtocol.Ntp,
        // Nothing in it is a mark of its own: only at its port is it believed.
        OfDatagram = static (_, _) => Wire.Detection.No,
        AtPort = static (_, bytes) => IsPlausible(bytes) ? Wire.Detection.Yes : Wire.Detection.No,
        Ports = [Port],
        Buffers = [],
        Events = ["ntp.unsolicited_response", "ntp.malformed_data", "ntp.not_request", "ntp.not_response"],
        Open = static (options, _, detector) => new NtpSession(options, detector),
    };

    public override void Deliver(Side from, ReadOnlySpan<byte> bytes) => Judge(from, bytes, isTold: false, IsPlausible(bytes) ? null : "ntp.malformed_data");

    public override bool TryGet(BufferId id, int instance, ReadOnlySpan<byte> piece, out BufferView view) => Give(default(ReadOnlySpan<byte>), instance, out view);

    public override void Write(Utf8JsonWriter json)
    {
    }

    private static bool IsPlausible(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty) return false;
        var (version, mode) = (bytes[0] >> 3 & 7, bytes[0] & 7);
        return version is >= 1 and <= 4 && mode != 0 && bytes.Length >= (mode >= 6 ? ControlLength : HeaderLength);
    }
}
