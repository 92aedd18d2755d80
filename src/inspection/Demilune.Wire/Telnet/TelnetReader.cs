namespace Demilune.Wire.Telnet;

/// <summary>Cuts one direction of Telnet (RFC 854) into commands and lines, however the bytes were cut.</summary>
public sealed class TelnetReader
{
    private const byte Iac = 0xff, SubnegotiationBegin = 250, SubnegotiationEnd = 240;

    /// <summary>Bytes of a line or a subnegotiation; what is longer is given out in pieces.</summary>
    private const int MaxLength = 8 << 10;

    private byte[] _bytes = new byte[256];
    private int _length;
    private bool _isGiven;
    private bool _hasEnd;

    /// <summary>What is being read is a prompt: it ends with a colon and a space instead of a line feed.</summary>
    public bool AwaitsPrompt { get; set; }

    public void Reset() => (_length, _isGiven, _hasEnd, AwaitsPrompt) = (0, false, false, false);

    /// <summary>Takes bytes until something is complete.</summary>
    /// <param name="bytes">Afterwards, those that were not taken: call again until there are none.</param>
    /// <param name="piece">A command, or a line with its end. Valid until the next call.</param>
    /// <param name="isCommand">Which of them.</param>
    public bool TryRead(ref ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> piece, out bool isCommand)
    {
        piece = default;
        isCommand = false;
        if (_isGiven && _hasEnd)
        {
            // The end of a subnegotiation is a command of its own.
            _hasEnd = false;
            isCommand = true;
            piece = _bytes.AsSpan(_length - 2, 2);
            return true;
        }
        if (_isGiven) (_length, _isGiven) = (0, false);
        while (!bytes.IsEmpty)
        {
            if (_length == _bytes.Length) Array.Resize(ref _bytes, _bytes.Length * 2);
            _bytes[_length++] = bytes[0];
            bytes = bytes[1..];
            isCommand = _bytes[0] == Iac;
            if (!(isCommand ? IsCommandComplete() : IsLineComplete()) && _length < MaxLength) continue;
            _hasEnd = isCommand && _length >= 5 && _bytes[1] == SubnegotiationBegin && _bytes[_length - 1] == SubnegotiationEnd && _bytes[_length - 2] == Iac;
            piece = _bytes.AsSpan(0, _hasEnd ? _length - 2 : _length);
            _isGiven = true;
            return true;
        }
        return false;
    }

    /// <summary>What has come of something that was never completed.</summary>
    public ReadOnlySpan<byte> Rest => _isGiven ? default : _bytes.AsSpan(0, _length);

    private bool IsCommandComplete() => _length >= 2 && _bytes[1] switch
    {
        >= 251 and <= 254 => _length == 3,
        SubnegotiationBegin => _length >= 4 && _bytes[_length - 2] == Iac && _bytes[_length - 1] == SubnegotiationEnd,
        _ => true,
    };

    private bool IsLineComplete() => AwaitsPrompt ? _length >= 2 && _bytes[_length - 2] == ':' && _bytes[_length - 1] == ' ' : _bytes[_length - 1] == '\n';

    /// <summary>Whether a side begins with the negotiation of options.</summary>
    public static Detection OfStart(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty) return Detection.Incomplete;
        if (bytes[0] != Iac || (bytes.Length > 1 && bytes[1] is < 251 or 255)) return Detection.No;
        return bytes.Length < 3 || (bytes.Length == 4 && bytes[3] == Iac) ? Detection.Incomplete
            : bytes.Length == 3 || (bytes[3] == Iac && bytes[4] is >= 250 and <= 254) || bytes[3] < 0x80 ? Detection.Yes : Detection.No;
    }
}
