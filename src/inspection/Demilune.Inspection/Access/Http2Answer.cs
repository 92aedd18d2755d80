using System.Text;

namespace Demilune.Inspection.Access;

/// <summary>What a denied request over HTTP/2 is answered with: headers that end its stream, and then the connection's end.</summary>
internal static class Http2Answer
{
    /// <param name="stream">Of the request.</param>
    /// <param name="policy">Which denies.</param>
    /// <param name="isCall">A call of gRPC: its status is PERMISSION_DENIED. Else the status is 403.</param>
    public static byte[] Of(uint stream, string policy, bool isCall)
    {
        var said = $"Not allowed by SecurityPolicy {policy}";
        // RFC 7541: literal fields without indexing, so that nobody's table changes. 0x88 is ":status: 200", name 8 ":status".
        List<byte> fields = isCall ? [0x88] : [0x08, 3, .. "403"u8];
        if (isCall)
        {
            Add(fields, "content-type", "application/grpc");
            Add(fields, "grpc-status", "7");
            Add(fields, "grpc-message", said);
        }
        Add(fields, "x-security-policy", policy);
        byte[] end = [(byte)(stream >> 24), (byte)(stream >> 16), (byte)(stream >> 8), (byte)stream, 0, 0, 0, 0];
        // The server may not have begun yet: SETTINGS come first, and do no harm later (RFC 9113 §3.4).
        return [.. Frame(4, 0, 0, []), .. Frame(1, 5, stream, [.. fields]), .. Frame(7, 0, 0, end)];
    }

    private static void Add(List<byte> fields, string name, string value)
    {
        // Names and policies are shorter than 254 characters: their lengths are one prefix and at most two bytes.
        fields.Add(0);
        Text(name);
        Text(value);

        void Text(string text)
        {
            if (text.Length < 127) fields.Add((byte)text.Length);
            else
            {
                fields.Add(127);
                var rest = text.Length - 127;
                for (; rest >= 128; rest >>= 7) fields.Add((byte)(rest & 127 | 128));
                fields.Add((byte)rest);
            }
            fields.AddRange(Encoding.ASCII.GetBytes(text));
        }
    }

    private static byte[] Frame(byte type, byte flags, uint stream, byte[] payload) =>
    [
        (byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length, type, flags,
        (byte)(stream >> 24), (byte)(stream >> 16), (byte)(stream >> 8), (byte)stream, .. payload,
    ];
}
