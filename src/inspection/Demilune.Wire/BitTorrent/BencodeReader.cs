namespace Demilune.Wire.BitTorrent;

/// <summary>Reads bencoded values one after another (BEP 3). The first fault fails it for good.</summary>
public ref struct BencodeReader(ReadOnlySpan<byte> bytes)
{
    /// <summary>Lists in dictionaries in lists; a message of the DHT has three levels.</summary>
    private const int MaxDepth = 8;

    private ReadOnlySpan<byte> _rest = bytes;

    public bool Failed { get; private set; }

    /// <summary>What begins next: <c>d</c>, <c>l</c>, <c>i</c>, <c>e</c> for the end of one, or a digit; 0 if nothing does.</summary>
    public readonly byte Next => _rest.IsEmpty ? (byte)0 : _rest[0];

    /// <summary>Reads a letter: the beginning or the end of a dictionary or a list.</summary>
    public bool TryTake(char letter)
    {
        if (Failed || Next != letter) return false;
        _rest = _rest[1..];
        return true;
    }

    public ReadOnlySpan<byte> ReadString()
    {
        if (!TryNumber((byte)':', out var length) || length < 0 || length > _rest.Length) return Fail();
        var text = _rest[..(int)length];
        _rest = _rest[(int)length..];
        return text;
    }

    public long ReadNumber()
    {
        if (TryTake('i') && TryNumber((byte)'e', out var number)) return number;
        Fail();
        return 0;
    }

    /// <summary>Reads whatever comes next and forgets it.</summary>
    public void Skip(int depth = 0)
    {
        if (depth == MaxDepth)
        {
            Fail();
            return;
        }
        switch ((char)Next)
        {
            case 'i':
                ReadNumber();
                break;
            case 'd' or 'l':
                var isDictionary = TryTake('d');
                if (!isDictionary) TryTake('l');
                while (!Failed && !TryTake('e'))
                {
                    if (isDictionary) ReadString();
                    Skip(depth + 1);
                }
                break;
            default:
                ReadString();
                break;
        }
    }

    private bool TryNumber(byte end, out long number)
    {
        number = 0;
        var at = _rest.IndexOf(end);
        if (Failed || at is <= 0 or > 20 || !long.TryParse(_rest[..at], System.Globalization.NumberStyles.AllowLeadingSign, null, out number)) return false;
        _rest = _rest[(at + 1)..];
        return true;
    }

    private ReadOnlySpan<byte> Fail()
    {
        Failed = true;
        _rest = default;
        return default;
    }
}
