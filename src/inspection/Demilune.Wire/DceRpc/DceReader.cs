namespace Demilune.Wire.DceRpc;

/// <summary>Puts fragments together out of the pieces that a stream or a pipe brings.</summary>
public sealed class DceReader
{
    /// <summary>A fragment's length has 16 bits.</summary>
    private const int MaxFragment = 65_535;

    private byte[] _bytes = [];
    private int _length;

    /// <summary>What came is no DCE/RPC; nothing behind it can be read.</summary>
    public bool IsBroken { get; private set; }

    public void Reset() => (_length, IsBroken) = (0, false);

    /// <param name="bytes">What has come; what is left of it afterwards is behind the fragment.</param>
    /// <param name="fragment">Valid until the next call.</param>
    /// <returns>False: all bytes are taken, and there is no whole fragment.</returns>
    public bool TryRead(ref ReadOnlySpan<byte> bytes, out DceFragment fragment)
    {
        fragment = default;
        if (IsBroken)
        {
            bytes = default;
            return false;
        }
        if (_length == 0 && DceFragment.TryView(bytes, out fragment))
        {
            bytes = bytes[DceFragment.LengthOf(bytes)..];
            return true;
        }
        while (!bytes.IsEmpty)
        {
            var length = DceFragment.LengthOf(_bytes.AsSpan(0, _length));
            var wanted = length > 0 ? length : 10;
            var taken = Math.Min(bytes.Length, wanted - _length);
            if (_bytes.Length < _length + taken) Array.Resize(ref _bytes, Math.Min(MaxFragment, Math.Max(wanted, 1024)));
            bytes[..taken].CopyTo(_bytes.AsSpan(_length));
            _length += taken;
            bytes = bytes[taken..];
            length = DceFragment.LengthOf(_bytes.AsSpan(0, _length));
            if (length < 0)
            {
                IsBroken = true;
                bytes = default;
                return false;
            }
            if (length == 0 || _length < length) continue;
            _length = 0;
            return DceFragment.TryView(_bytes.AsSpan(0, length), out fragment);
        }
        return false;
    }
}
