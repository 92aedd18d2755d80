using System.Buffers.Binary;

namespace Demilune.Wire.Dhcp;

/// <summary>A DHCP message (RFC 2131 §2), seen in place. Once <see cref="TryView"/> has said yes, no accessor can fail.</summary>
public readonly ref struct DhcpMessage
{
    public const byte Request = 1, Reply = 2;

    private const int OptionsAt = 240;
    private const uint Cookie = 0x63825363;

    private readonly ReadOnlySpan<byte> _bytes;

    private DhcpMessage(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    public byte Operation => _bytes[0];
    public uint Transaction => BinaryPrimitives.ReadUInt32BigEndian(_bytes[4..]);
    public ReadOnlySpan<byte> ClientAddress => _bytes.Slice(12, 4);
    public ReadOnlySpan<byte> YourAddress => _bytes.Slice(16, 4);
    public ReadOnlySpan<byte> NextServer => _bytes.Slice(20, 4);
    public ReadOnlySpan<byte> Relay => _bytes.Slice(24, 4);

    /// <summary>At most 16 bytes.</summary>
    public ReadOnlySpan<byte> Hardware => _bytes.Slice(28, _bytes[2]);

    /// <summary>Everything behind the cookie (RFC 2132 §2).</summary>
    public ReadOnlySpan<byte> Options => _bytes[OptionsAt..];

    public static bool TryView(ReadOnlySpan<byte> datagram, out DhcpMessage message)
    {
        message = default;
        if (datagram.Length < OptionsAt || datagram[0] is not (Request or Reply) || datagram[2] > 16) return false;
        if (BinaryPrimitives.ReadUInt32BigEndian(datagram[(OptionsAt - 4)..]) != Cookie) return false;
        message = new(datagram);
        return true;
    }

    /// <summary>Takes the next option off the front.</summary>
    /// <param name="options">Afterwards, those behind it.</param>
    /// <param name="code">Which; 255 is the end.</param>
    /// <param name="value">Its value.</param>
    /// <returns>False: there are no more, or <paramref name="options"/> is not empty: it is cut off.</returns>
    public static bool TryNext(ref ReadOnlySpan<byte> options, out byte code, out ReadOnlySpan<byte> value)
    {
        code = 0;
        value = default;
        while (options is [0, ..]) options = options[1..];      // padding
        if (options.IsEmpty) return false;
        code = options[0];
        if (code == 255)
        {
            options = default;
            return false;
        }
        if (options.Length < 2 || options.Length < 2 + options[1]) return false;
        value = options.Slice(2, options[1]);
        options = options[(2 + options[1])..];
        return true;
    }
}
