using System.Text;

namespace Demilune.Wire.Http2;

/// <summary>Reads compressed fields (RFC 7541). One for each direction of a connection: what came before is part of what it reads.</summary>
public sealed class HpackDecoder
{
    /// <summary>The sender's table is never larger, whatever its peer has allowed: 4096 bytes are the default, and 64 KiB the most that servers use.</summary>
    public const int MaxTableSize = 64 << 10;

    /// <summary>What an entry counts besides its bytes (§4.1).</summary>
    private const int EntryOverhead = 32;

    private const int DefaultTableSize = 4096;

    private readonly List<(byte[] Name, byte[] Value)> _table = [];
    /// <summary>Updates of one block that are told: two have a meaning (RFC 7541 §4.2).</summary>
    private const int MaxSizeUpdates = 8;

    private readonly List<int> _sizeUpdates = [];
    private int _size;
    private int _maxSize = DefaultTableSize;
    private int _allowed = DefaultTableSize;
    private byte[] _text = new byte[256];
    private byte[] _name = new byte[256];

    /// <summary>The table's size that the sender has asked for last in this block; -1: it did not.</summary>
    public int SizeUpdate => _sizeUpdates.Count > 0 ? _sizeUpdates[^1] : -1;

    /// <summary>All that it has asked for in this block, in order.</summary>
    public IReadOnlyList<int> SizeUpdates => _sizeUpdates;

    public void Reset()
    {
        _table.Clear();
        (_size, _maxSize, _allowed) = (0, DefaultTableSize, DefaultTableSize);
    }

    /// <summary>The other side's SETTINGS_HEADER_TABLE_SIZE.</summary>
    public void Allow(uint size) => _allowed = (int)Math.Min(size, MaxTableSize);

    /// <summary>Reads a whole block.</summary>
    /// <param name="fields">Gets its fields; what does not fit is read all the same, because the table depends on it.</param>
    /// <param name="isComplete">False: not all fields are there.</param>
    /// <returns>False: it is malformed, and no later block can be read.</returns>
    public bool TryRead(ReadOnlySpan<byte> block, HeaderList fields, out bool isComplete)
    {
        isComplete = true;
        _sizeUpdates.Clear();
        while (!block.IsEmpty)
        {
            var first = block[0];
            if ((first & 0x80) != 0)
            {
                if (!TryInteger(ref block, 7, out var index) || !TryEntry(index, out var name, out var value)) return false;
                isComplete &= fields.TryAdd(name, value);
                continue;
            }
            if ((first & 0xe0) == 0x20)
            {
                if (!TryInteger(ref block, 5, out var size) || size > Math.Max(_allowed, DefaultTableSize)) return false;
                _maxSize = size;
                if (_sizeUpdates.Count < MaxSizeUpdates) _sizeUpdates.Add(size);
                Evict(0);
                continue;
            }
            if (!TryLiteral(ref block, isIndexed: (first & 0x40) != 0, fields, ref isComplete)) return false;
        }
        return true;
    }

    private bool TryLiteral(ref ReadOnlySpan<byte> block, bool isIndexed, HeaderList fields, ref bool isComplete)
    {
        if (!TryInteger(ref block, isIndexed ? 6 : 4, out var index)) return false;
        ReadOnlySpan<byte> name;
        if (index > 0)
        {
            if (!TryEntry(index, out name, out _)) return false;
        }
        else
        {
            if (!TryText(ref block, ref _name, out var length)) return false;
            name = _name.AsSpan(0, length);
        }
        if (!TryText(ref block, ref _text, out var valueLength)) return false;
        var value = _text.AsSpan(0, valueLength);
        isComplete &= fields.TryAdd(name, value);
        if (isIndexed) Insert(name, value);
        return true;
    }

    private void Insert(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        var (ownName, ownValue) = (name.ToArray(), value.ToArray());
        var size = name.Length + value.Length + EntryOverhead;
        Evict(size);
        if (size > _maxSize) return;        // §4.4: larger than the table, it empties it
        _table.Insert(0, (ownName, ownValue));
        _size += size;
    }

    private void Evict(int room)
    {
        while (_table.Count > 0 && _size + room > _maxSize)
        {
            var (name, value) = _table[^1];
            _table.RemoveAt(_table.Count - 1);
            _size -= name.Length + value.Length + EntryOverhead;
        }
    }

    private bool TryEntry(int index, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        name = default;
        value = default;
        if (index <= 0) return false;
        if (index <= s_static.Length) return Give(s_static[index - 1], out name, out value);
        index -= s_static.Length + 1;
        return index < _table.Count && Give(_table[index], out name, out value);

        static bool Give((byte[] Name, byte[] Value) entry, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
        {
            name = entry.Name;
            value = entry.Value;
            return true;
        }
    }

    /// <summary>§5.1. More than 2^24 is nothing that a block of this size can mean.</summary>
    private static bool TryInteger(ref ReadOnlySpan<byte> block, int prefix, out int value)
    {
        var mask = (1 << prefix) - 1;
        value = block[0] & mask;
        block = block[1..];
        if (value < mask) return true;
        for (var shift = 0; shift <= 21 && !block.IsEmpty; shift += 7)
        {
            var b = block[0];
            block = block[1..];
            value += (b & 0x7f) << shift;
            if ((b & 0x80) == 0) return value < 1 << 24;
        }
        return false;
    }

    /// <summary>§5.2.</summary>
    private static bool TryText(ref ReadOnlySpan<byte> block, ref byte[] room, out int length)
    {
        length = 0;
        if (block.IsEmpty) return false;
        var isHuffman = (block[0] & 0x80) != 0;
        if (!TryInteger(ref block, 7, out var size) || size > block.Length) return false;
        var text = block[..size];
        block = block[size..];
        var needed = isHuffman ? size * 8 / 5 + 1 : size;
        if (room.Length < needed) room = new byte[Math.Max(needed, room.Length * 2)];
        if (isHuffman)
        {
            length = HuffmanDecoder.Decode(text, room);
            return length >= 0;
        }
        text.CopyTo(room);
        length = size;
        return true;
    }

    /// <summary>RFC 7541 Appendix A.</summary>
    private static readonly (byte[] Name, byte[] Value)[] s_static =
    [
        .. """
        :authority|:method GET|:method POST|:path /|:path /index.html|:scheme http|:scheme https|:status 200|:status 204|:status 206|:status 304|:status 400|:status 404|
        :status 500|accept-charset|accept-encoding gzip, deflate|accept-language|accept-ranges|accept|access-control-allow-origin|age|allow|authorization|cache-control|
        content-disposition|content-encoding|content-language|content-length|content-location|content-range|content-type|cookie|date|etag|expect|expires|from|host|if-match|
        if-modified-since|if-none-match|if-range|if-unmodified-since|last-modified|link|location|max-forwards|proxy-authenticate|proxy-authorization|range|referer|refresh|
        retry-after|server|set-cookie|strict-transport-security|transfer-encoding|user-agent|vary|via|www-authenticate
        """.Replace("\r", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal).Split('|').Select(entry => entry.Split(' ', 2))
            .Select(entry => (Encoding.ASCII.GetBytes(entry[0]), entry.Length > 1 ? Encoding.ASCII.GetBytes(entry[1]) : [])),
    ];
}
