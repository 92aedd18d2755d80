namespace Demilune.Local.Protobuf;

/// <summary>Reads protobuf's wire format field by field. The first malformed byte fails it for good.</summary>
internal ref struct WireFormat(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public bool Failed { get; private set; }

    public readonly bool IsEmpty => _rest.IsEmpty;

    /// <summary>The next field: its number, and its varint or its bytes.</summary>
    /// <returns>False at the end and after a failure.</returns>
    public bool TryRead(out int number, out ulong value, out ReadOnlySpan<byte> content)
    {
        number = 0;
        value = 0;
        content = default;
        if (Failed || _rest.IsEmpty) return false;
        var tag = Varint();
        number = (int)(tag >> 3 & 0x1FFFFFFF);
        switch (tag & 7)
        {
            case 0:
                value = Varint();
                break;
            case 1:
                content = Take(8);
                break;
            case 2:
                content = Take(Varint());
                break;
            case 5:
                content = Take(4);
                break;
            default:
                Failed = true;      // groups (3, 4) are long gone from the format
                break;
        }
        return !Failed;
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (var i = 0; i < 10; i++)
        {
            if (i >= _rest.Length) break;
            value |= (ulong)(_rest[i] & 0x7F) << 7 * i;
            if (_rest[i] >= 0x80) continue;
            _rest = _rest[(i + 1)..];
            return value;
        }
        Failed = true;
        return 0;
    }

    private ReadOnlySpan<byte> Take(ulong count)
    {
        if (Failed || count > (ulong)_rest.Length)
        {
            Failed = true;
            return default;
        }
        var taken = _rest[..(int)count];
        _rest = _rest[(int)count..];
        return taken;
    }
}
