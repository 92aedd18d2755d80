using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Demilune.Linux.Netlink;

/// <summary>Writes one rtnetlink request: header, the family's fixed part, attributes that may nest. RFC 3549 §2.2.</summary>
internal sealed class NetlinkMessage
{
    internal const int HeaderLength = 16;
    private byte[] _bytes = new byte[256];
    private int _length = HeaderLength;

    internal NetlinkMessage(ushort type, ushort flags)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(4), type);
        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(6), flags);
    }

    internal ReadOnlySpan<byte> Finish(uint sequence)
    {
        BinaryPrimitives.WriteInt32LittleEndian(_bytes, _length);
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(8), sequence);
        return _bytes.AsSpan(0, _length);
    }

    /// <summary>The fixed part, a struct of the family (ifinfomsg, ifaddrmsg, rtmsg, ndmsg).</summary>
    internal NetlinkMessage Fixed<T>(T value) where T : unmanaged
    {
        MemoryMarshal.Write(Grow(Marshal.SizeOf<T>()), in value);
        return this;
    }

    internal NetlinkMessage Attribute(ushort type, ReadOnlySpan<byte> value)
    {
        var to = Grow(4 + ((value.Length + 3) & ~3));
        BinaryPrimitives.WriteUInt16LittleEndian(to, (ushort)(4 + value.Length));
        BinaryPrimitives.WriteUInt16LittleEndian(to[2..], type);
        value.CopyTo(to[4..]);
        return this;
    }

    internal NetlinkMessage Attribute(ushort type, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return Attribute(type, bytes);
    }

    internal NetlinkMessage Attribute(ushort type, string value) => Attribute(type, [.. Encoding.ASCII.GetBytes(value), 0]);

    internal NetlinkMessage Nested(ushort type, Action<NetlinkMessage> content)
    {
        var start = _length;
        Attribute(type, []);
        content(this);
        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(start), (ushort)(_length - start));
        return this;
    }

    private Span<byte> Grow(int count)
    {
        if (_length + count > _bytes.Length) Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + count));
        _length += count;
        return _bytes.AsSpan(_length - count, count);
    }
}
