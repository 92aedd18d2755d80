using System.Buffers.Binary;
using Demilune.Rules.Headers;

namespace Demilune.Inspection.Sessions.PostgreSql;

/// <summary>PostgreSQL's protocol 3.</summary>
internal static class PgsqlProtocol
{
    public const uint SslRequest = 80877103, GssRequest = 80877104, CancelRequest = 80877102;

    public static Protocol Definition { get; } = new()
    {
        App = AppProtocol.PostgreSql,
        OfStream = static (from, bytes) => from == Side.Client ? OfClient(bytes) : Wire.Detection.No,
        MarkOfSide = static (from, bytes) => from == Side.Client ? OfClient(bytes) : Wire.Detection.Incomplete,      // nothing marks a server
        Buffers = [],
        Events = ["pgsql.invalid_length", "pgsql.malformed_request", "pgsql.malformed_response", "pgsql.too_many_transactions"],
        Open = static (options, _, detector) => new PgsqlSession(options, detector),
    };

    private static Wire.Detection OfClient(ReadOnlySpan<byte> bytes)
    {
        if (bytes is [not 0, ..] or [0, not 0, ..]) return Wire.Detection.No;
        if (bytes.Length < 8) return Wire.Detection.Incomplete;
        var (length, code) = (BinaryPrimitives.ReadUInt32BigEndian(bytes), BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]));
        return (code, length) is (SslRequest or GssRequest, 8) or (CancelRequest, 16) or (0x30000 or 0x30002, > 8) ? Wire.Detection.Yes : Wire.Detection.No;
    }
}
