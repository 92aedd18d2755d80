using Demilune.Wire.Dns;

namespace Demilune.Fuzz.Targets;

/// <summary>One DNS message: nothing may throw, and what was read lies within its bounds.</summary>
internal static class DnsTarget
{
    public static FuzzTarget Message { get; } = new("dns", "a DNS message, and the same bytes as DNS over TCP", bytes =>
    {
        var message = new DnsMessage();
        message.TryRead(bytes);
        Span<byte> name = stackalloc byte[DnsName.MaxLength];
        foreach (var record in message.Answers)
        {
            var offset = 0;
            if (message.Name(record).Length > DnsName.MaxLength) throw new InvalidOperationException("a name is too long");
            while (message.TryReadName(record, ref offset, name, out _)) _ = message.Data(record)[offset..];
        }
        DnsDetection.OfStream(bytes);
        var reader = new DnsStreamReader();
        ReadOnlySpan<byte> rest = bytes;
        while (reader.TryRead(ref rest, out var found)) DnsDetection.OfDatagram(found);
    });
}
