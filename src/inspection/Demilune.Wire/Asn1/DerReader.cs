namespace Demilune.Wire.Asn1;

/// <summary>Reads elements of BER in the strict form that DER is (X.690), one after another. Never looks behind the bytes it was given; the first fault fails it for good.</summary>
public ref struct DerReader(ReadOnlySpan<byte> bytes)
{
    public const byte Boolean = 0x01, Integer = 0x02, BitString = 0x03, OctetString = 0x04, Null = 0x05, ObjectIdentifier = 0x06, Enumerated = 0x0a,
        Utf8String = 0x0c, Sequence = 0x30, Set = 0x31, NumericString = 0x12, PrintableString = 0x13, TeletexString = 0x14, Ia5String = 0x16, UtcTime = 0x17,
        GeneralizedTime = 0x18, VisibleString = 0x1a, GeneralString = 0x1b, UniversalString = 0x1c, BmpString = 0x1e;

    private ReadOnlySpan<byte> _rest = bytes;

    public bool Failed { get; private set; }

    /// <summary>Not all of the bytes are there: of an element that goes on behind them, those that are there are its content.</summary>
    public bool IsCut { get; init; }

    public readonly bool IsEmpty => _rest.IsEmpty;

    /// <summary>The tag that comes next; 0 if nothing does.</summary>
    public readonly byte Next => _rest.IsEmpty ? (byte)0 : _rest[0];

    /// <summary>The tag [n] with contents inside.</summary>
    public static byte Context(int number) => (byte)(0xa0 | number);

    /// <summary>Reads an element of this kind. Another kind is a fault.</summary>
    public ReadOnlySpan<byte> Read(byte tag) => Next == tag ? ReadAny(out _) : Fail();

    public DerReader Enter(byte tag) => new(Read(tag)) { Failed = Failed, IsCut = IsCut };

    /// <summary>Reads an element if it is of this kind.</summary>
    public bool TryRead(byte tag, out ReadOnlySpan<byte> content)
    {
        content = default;
        if (Failed || Next != tag) return false;
        content = ReadAny(out _);
        return !Failed;
    }

    /// <summary>Reads whatever comes next.</summary>
    public ReadOnlySpan<byte> ReadAny(out byte tag)
    {
        tag = Next;
        // Tags of more than one byte occur nowhere in what is read here.
        if (Failed || _rest.Length < 2 || (tag & 0x1f) == 0x1f) return Fail();
        int length = _rest[1];
        var at = 2;
        if (length >= 0x80)
        {
            var size = length & 0x7f;
            // 0x80 is "until the end marker", which DER forbids. Four bytes are more than any message needs, but some always write them.
            if (size is 0 or > 4 || _rest.Length < 2 + size) return Fail();
            length = 0;
            while (size-- > 0) length = length << 8 | _rest[at++];
        }
        if ((uint)length > (uint)(_rest.Length - at))
        {
            if (!IsCut || length < 0) return Fail();
            length = _rest.Length - at;
        }
        var content = _rest.Slice(at, length);
        _rest = _rest[(at + length)..];
        return content;
    }

    /// <summary>A whole number that fits, or a fault.</summary>
    public long ReadNumber(byte tag = Integer)
    {
        var bytes = Read(tag);
        if (Failed || bytes.Length is 0 or > 8)
        {
            Fail();
            return 0;
        }
        long value = (sbyte)bytes[0];
        foreach (var b in bytes[1..]) value = value << 8 | b;
        return value;
    }

    private ReadOnlySpan<byte> Fail()
    {
        Failed = true;
        _rest = default;
        return default;
    }
}
