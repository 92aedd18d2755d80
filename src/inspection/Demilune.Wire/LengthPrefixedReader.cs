using System.Buffers.Binary;

namespace Demilune.Wire;

/// <summary>Cuts one direction of a stream into messages with four bytes of length before each, however the bytes were cut.</summary>
/// <param name="maxLength">Longer ones are refused.</param>
public sealed class LengthPrefixedReader(int maxLength)
{
    private const int HeaderLength = 4;

    private byte[] _bytes = [];
    private int _length;
    private bool _isGiven;

    /// <summary>A message was longer than may be; nothing is read behind it.</summary>
    public bool IsBroken { get; private set; }

    public void Reset() => (_length, _isGiven, IsBroken) = (0, false, false);

    /// <summary>Takes bytes until a message is complete.</summary>
    /// <param name="bytes">Afterwards, those that were not taken: call again until there are none.</param>
    /// <param name="message">Valid until the next call.</param>
    public bool TryRead(ref ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> message)
    {
        message = default;
        if (_isGiven) (_length, _isGiven) = (0, false);
        while (!bytes.IsEmpty && !IsBroken)
        {
            var wanted = _length < HeaderLength ? HeaderLength : Wanted;
            if (_bytes.Length < wanted) Array.Resize(ref _bytes, Math.Max(wanted, 512));
            var count = Math.Min(bytes.Length, wanted - _length);
            bytes[..count].CopyTo(_bytes.AsSpan(_length));
            bytes = bytes[count..];
            _length += count;
            if (_length < HeaderLength) continue;
            IsBroken = BinaryPrimitives.ReadUInt32BigEndian(_bytes) > (uint)maxLength;
            if (IsBroken || _length < Wanted) continue;
            message = _bytes.AsSpan(HeaderLength, _length - HeaderLength);
            _isGiven = true;
            return true;
        }
        return false;
    }

    private int Wanted => HeaderLength + (int)BinaryPrimitives.ReadUInt32BigEndian(_bytes);
}
