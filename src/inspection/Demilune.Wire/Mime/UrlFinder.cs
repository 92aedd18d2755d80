using System.Text;

namespace Demilune.Wire.Mime;

/// <summary>Finds addresses in the text of a mail, line by line, however it is cut.</summary>
public sealed class UrlFinder
{
    /// <summary>A line of which this much is kept; addresses behind are not found. RFC 5322 ends lines at 998.</summary>
    private const int MaxLine = 8192;

    /// <summary>Addresses that are kept of one mail. Newsletters have some dozens.</summary>
    private const int MaxUrls = 256;

    private const int MaxUrl = 1024;

    private static readonly System.Buffers.SearchValues<byte> s_ends = System.Buffers.SearchValues.Create(" \"'<>]\t\r"u8);

    private readonly List<string> _urls = [];
    private readonly byte[] _line = new byte[MaxLine];
    private int _length;

    /// <summary>The newest first, each once.</summary>
    public IReadOnlyList<string> Urls => _urls;

    public void Clear()
    {
        _urls.Clear();
        _length = 0;
    }

    /// <param name="bytes">The next piece of text.</param>
    /// <param name="schemes">With their colon or slashes: <c>http://</c>.</param>
    /// <param name="keepsScheme">Addresses begin with it.</param>
    public void Feed(ReadOnlySpan<byte> bytes, IReadOnlyList<byte[]> schemes, bool keepsScheme)
    {
        while (!bytes.IsEmpty)
        {
            var end = bytes.IndexOf((byte)'\n');
            var piece = end < 0 ? bytes : bytes[..end];
            var taken = Math.Min(piece.Length, MaxLine - _length);
            piece[..taken].CopyTo(_line.AsSpan(_length));
            _length += taken;
            if (end < 0) return;
            bytes = bytes[(end + 1)..];
            EndLine(schemes, keepsScheme);
        }
    }

    /// <summary>The text is over.</summary>
    public void EndLine(IReadOnlyList<byte[]> schemes, bool keepsScheme)
    {
        ReadOnlySpan<byte> line = _line.AsSpan(0, _length);
        _length = 0;
        for (var i = 0; i < schemes.Count; i++)
        {
            var rest = line;
            while (Find(rest, schemes[i]) is >= 0 and var at)
            {
                rest = rest[at..];
                var length = rest.IndexOfAny(s_ends);
                if (length < 0) length = rest.Length;
                if (length > schemes[i].Length) Add(rest[(keepsScheme ? 0 : schemes[i].Length)..Math.Min(length, MaxUrl)]);
                rest = rest[Math.Max(length, schemes[i].Length)..];
            }
        }
    }

    private void Add(ReadOnlySpan<byte> url)
    {
        var text = Encoding.Latin1.GetString(url);
        if (_urls.Count < MaxUrls && !_urls.Contains(text)) _urls.Insert(0, text);
    }

    private static int Find(ReadOnlySpan<byte> text, ReadOnlySpan<byte> scheme)
    {
        for (var i = 0; i + scheme.Length <= text.Length; i++)
            if (Ascii.EqualsIgnoreCase(text.Slice(i, scheme.Length), scheme)) return i;
        return -1;
    }
}
