using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Demilune.Wire.WebSocket;

/// <summary>Cuts one direction of a WebSocket connection into pieces of frames and takes their mask off (RFC 6455 §5). Nothing is held but a header.</summary>
public sealed class WebSocketReader
{
    private const int MaxHeader = 14;

    private readonly byte[] _header = new byte[MaxHeader];
    private byte[] _plain = [];
    private int _length;
    private WebSocketFrame _frame;
    private long _rest;
    private bool _isWithin;

    /// <summary>What should be a header is none; nothing is read behind it.</summary>
    public bool IsBroken { get; private set; }

    public void Reset() => (_length, _rest, _isWithin, IsBroken) = (0, 0, false, false);

    /// <summary>Takes bytes until there is a piece of a frame.</summary>
    /// <param name="bytes">Afterwards, those that were not taken: call again until there are none.</param>
    /// <param name="frame">Its header.</param>
    /// <param name="payload">The piece, without mask; empty only of a frame that has no payload. Valid until the next call.</param>
    /// <param name="isFirst">It begins its frame.</param>
    /// <param name="isLast">It ends its frame.</param>
    public bool TryRead(ref ReadOnlySpan<byte> bytes, out WebSocketFrame frame, out ReadOnlySpan<byte> payload, out bool isFirst, out bool isLast)
    {
        payload = default;
        (frame, isFirst, isLast) = (default, false, false);
        if (!_isWithin && !TryReadHeader(ref bytes)) return false;
        if (bytes.IsEmpty && _rest > 0) return false;
        var count = (int)Math.Min(_rest, bytes.Length);
        frame = _frame;
        isFirst = _rest == _frame.Length;
        payload = frame.Mask is { } mask ? Unmask(bytes[..count], mask, (int)((_frame.Length - _rest) & 3)) : bytes[..count];
        bytes = bytes[count..];
        _rest -= count;
        isLast = _rest == 0;
        if (isLast) (_isWithin, _length) = (false, 0);
        return true;
    }

    private bool TryReadHeader(ref ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty && !IsBroken)
        {
            var wanted = _length < 2 ? 2 : HeaderLength;
            var count = Math.Min(wanted - _length, bytes.Length);
            bytes[..count].CopyTo(_header.AsSpan(_length));
            bytes = bytes[count..];
            _length += count;
            if (_length < 2 || _length < HeaderLength) continue;
            var length = (_header[1] & 0x7f) switch
            {
                126 => BinaryPrimitives.ReadUInt16BigEndian(_header.AsSpan(2)),
                127 => BinaryPrimitives.ReadInt64BigEndian(_header.AsSpan(2)),
                var few => few,
            };
            IsBroken = length < 0;
            if (IsBroken) return false;
            uint? mask = IsMasked ? BinaryPrimitives.ReadUInt32BigEndian(_header.AsSpan(HeaderLength - 4)) : null;
            (_frame, _rest, _isWithin) = (new(_header[0], mask, length), length, true);
            return true;
        }
        return false;
    }

    private bool IsMasked => (_header[1] & 0x80) != 0;

    private int HeaderLength => 2 + ((_header[1] & 0x7f) switch { 126 => 2, 127 => 8, _ => 0 }) + (IsMasked ? 4 : 0);

    /// <param name="bytes">Of the frame's payload.</param>
    /// <param name="mask">Big-endian, as in the header.</param>
    /// <param name="phase">Which of its bytes is the first one's.</param>
    private ReadOnlySpan<byte> Unmask(ReadOnlySpan<byte> bytes, uint mask, int phase)
    {
        if (_plain.Length < bytes.Length) _plain = new byte[Math.Max(bytes.Length, 2048)];
        var plain = _plain.AsSpan(0, bytes.Length);
        bytes.CopyTo(plain);
        mask = uint.RotateLeft(mask, phase * 8);
        var word = BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(mask) : mask;
        foreach (ref var four in MemoryMarshal.Cast<byte, uint>(plain)) four ^= word;
        for (var i = plain.Length & ~3; i < plain.Length; i++) plain[i] ^= (byte)(mask >> (24 - ((i & 3) * 8)));
        return plain;
    }
}
