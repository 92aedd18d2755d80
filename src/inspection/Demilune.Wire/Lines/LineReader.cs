namespace Demilune.Wire.Lines;

/// <summary>Puts together the lines of a text protocol, however their bytes come. One that is longer than it may be is cut, and the rest of it left out.</summary>
/// <param name="maxLength">Bytes of a line with its end.</param>
public sealed class LineReader(int maxLength)
{
    private readonly byte[] _line = new byte[maxLength];
    private int _length;
    private bool _isSkipping;

    /// <summary>The line read last was longer than it may be.</summary>
    public bool IsCut { get; private set; }

    /// <summary>The line read last ended with a line feed alone.</summary>
    public bool IsBare { get; private set; }

    public void Reset() => (_length, _isSkipping, IsCut, IsBare) = (0, false, false, false);

    /// <summary>The next line without its end.</summary>
    /// <param name="bytes">What has come; what is left of it afterwards is behind the line.</param>
    /// <param name="line">Valid until the next call.</param>
    /// <returns>False: all bytes are taken, and there is no whole line.</returns>
    public bool TryRead(ref ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> line)
    {
        while (!bytes.IsEmpty)
        {
            var end = bytes.IndexOf((byte)'\n');
            var piece = end < 0 ? bytes : bytes[..(end + 1)];
            if (_isSkipping)
            {
                bytes = bytes[piece.Length..];
                _isSkipping = end < 0;
                continue;
            }
            var taken = Math.Min(piece.Length, maxLength - _length);
            piece[..taken].CopyTo(_line.AsSpan(_length));
            _length += taken;
            bytes = bytes[taken..];
            if (_length == maxLength)
            {
                (IsCut, IsBare) = (true, false);
                _isSkipping = _line[^1] != '\n';
                line = _line;
                _length = 0;
                return true;
            }
            if (end < 0) break;
            line = _line.AsSpan(0, _length - 1);
            IsBare = !line.EndsWith("\r"u8);
            if (!IsBare) line = line[..^1];
            IsCut = false;
            _length = 0;
            return true;
        }
        line = default;
        return false;
    }
}
