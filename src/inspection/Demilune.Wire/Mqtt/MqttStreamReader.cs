namespace Demilune.Wire.Mqtt;

/// <summary>Cuts one direction into control packets, however the bytes were cut.</summary>
public sealed class MqttStreamReader
{
    /// <summary>A packet that says it is longer is not kept: its head is told, and the rest goes by. As Suricata's <c>mqtt.max-msg-length</c>; the format allows 256 MiB.</summary>
    public const int MaxPacketLength = 1 << 20;

    private byte[] _bytes = [];
    private int _length;
    private int _wanted;
    private int _skip;

    /// <summary>The length is written in more bytes than there can be: nothing that follows can be read.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Ready for another connection.</summary>
    public void Reset() => (_length, _wanted, _skip, IsBroken) = (0, 0, 0, false);

    /// <summary>Takes bytes until a packet is complete.</summary>
    /// <param name="bytes">Afterwards, those that were not taken: call again until there are none.</param>
    /// <param name="packet">With its fixed header. Valid until the next call.</param>
    /// <param name="skipped">Bytes of it that are not there because it is too long; otherwise 0.</param>
    public bool TryRead(ref ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> packet, out int skipped)
    {
        packet = default;
        skipped = 0;
        if (_wanted > 0 && _length == _wanted) (_length, _wanted) = (0, 0);        // the last packet was given out
        while (!bytes.IsEmpty && !IsBroken)
        {
            if (_skip > 0)
            {
                var passed = Math.Min(_skip, bytes.Length);
                bytes = bytes[passed..];
                _skip -= passed;
                continue;
            }
            Append(ref bytes, _wanted == 0 ? _length + 1 : _wanted);
            if (_wanted == 0)
            {
                if (_length < 2) continue;
                var outcome = MqttInteger.TryRead(_bytes.AsSpan(1, _length - 1), out var remaining, out _);
                IsBroken = outcome == Detection.No;
                if (outcome != Detection.Yes) continue;
                var total = _length + remaining;
                _wanted = total > MaxPacketLength ? _length : total;
                if (total > MaxPacketLength) _skip = skipped = remaining;
            }
            if (_length < _wanted) continue;
            packet = _bytes.AsSpan(0, _length);
            return true;
        }
        return false;
    }

    private void Append(ref ReadOnlySpan<byte> bytes, int wanted)
    {
        if (_bytes.Length < wanted) Array.Resize(ref _bytes, Math.Max(wanted, 64));
        var count = Math.Min(bytes.Length, wanted - _length);
        bytes[..count].CopyTo(_bytes.AsSpan(_length));
        bytes = bytes[count..];
        _length += count;
    }
}
