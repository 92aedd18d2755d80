using System.Buffers.Binary;

namespace Demilune.Wire.Dns;

/// <summary>Cuts one direction of DNS over TCP into messages, however the bytes were cut.</summary>
public sealed class DnsStreamReader
{
    private byte[] _bytes = [];
    private int _length;

    /// <summary>Ready for another connection.</summary>
    public void Reset() => _length = 0;

    /// <summary>Takes bytes until a message is complete.</summary>
    /// <param name="bytes">Afterwards, those that were not taken: call again until there are none.</param>
    /// <param name="message">Valid until the next call; empty if there is none yet.</param>
    public bool TryRead(ref ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> message)
    {
        message = default;
        if (_length >= 2 && _length == Wanted) _length = 0;      // the last message was given out
        while (!bytes.IsEmpty)
        {
            var wanted = _length < 2 ? 2 : Wanted;
            if (_bytes.Length < wanted) Array.Resize(ref _bytes, Math.Max(wanted, 512));
            var count = Math.Min(bytes.Length, wanted - _length);
            bytes[..count].CopyTo(_bytes.AsSpan(_length));
            bytes = bytes[count..];
            _length += count;
            if (_length < 2 || _length < Wanted) continue;
            message = _bytes.AsSpan(2, _length - 2);
            return true;
        }
        return false;
    }

    private int Wanted => 2 + BinaryPrimitives.ReadUInt16BigEndian(_bytes);
}
