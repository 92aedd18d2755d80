using System.Buffers.Binary;

namespace Demilune.Wire.Dnp3;

/// <summary>A fragment of the application layer, put together from transport segments (IEEE 1815 §8.2, §4.2.2).</summary>
public sealed class Dnp3Fragment
{
    /// <summary>Longer ones are malformed: devices must take 2048 bytes, and few take more.</summary>
    public const int MaxLength = 1 << 14;

    /// <summary>Objects of a fragment; more are not read.</summary>
    public const int MaxObjects = 2048;

    /// <summary>Points of a fragment; more are not read. A fragment of 2048 bytes has as many single bits.</summary>
    public const int MaxPoints = 1 << 14;

    private readonly List<Dnp3Object> _objects = [];
    private byte[] _bytes = [];
    private int _length;

    public Dnp3Link Link { get; private set; }
    public bool IsRequest { get; private set; }

    /// <summary>The last segment's transport header: FIN 80, FIR 40, sequence.</summary>
    public byte Transport { get; private set; }

    /// <summary>Application header: FIR 80, FIN 40, CON 20, UNS 10, sequence.</summary>
    public byte Control => _bytes[0];
    public byte Function => _bytes[1];

    /// <summary>What a response says of its device: the first byte's bits above the second's. 0 in requests.</summary>
    public int Indications => !IsRequest && _length >= 4 ? BinaryPrimitives.ReadUInt16BigEndian(_bytes.AsSpan(2)) : 0;

    /// <summary>The whole of it, from the application header on.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    public IReadOnlyList<Dnp3Object> Objects => _objects;

    /// <summary>Every object was understood.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>An object is not known, or its points do not fit.</summary>
    public bool HasUnknownObject { get; private set; }

    /// <summary>Bytes of user data that the first segment has to have: transport and application header, of responses also the indications.</summary>
    public static int LeastLength(bool isRequest) => isRequest ? 3 : 5;

    /// <summary>Begins with the first segment, of at least <see cref="LeastLength"/> bytes.</summary>
    public void Begin(Dnp3Link link, ReadOnlySpan<byte> data, bool isRequest)
    {
        (Link, IsRequest, _length, IsComplete, HasUnknownObject) = (link, isRequest, 0, false, false);
        _objects.Clear();
        TryAdd(data);
    }

    /// <summary>Whether a segment is the next of this fragment.</summary>
    public bool IsContinuedBy(Dnp3Link link, byte transport) =>
        link.Source == Link.Source && link.Destination == Link.Destination && ((Transport + 1) & 0x3f) == (transport & 0x3f);

    /// <param name="data">With its transport header.</param>
    /// <returns>False: it would be too long, or there is nothing in it.</returns>
    public bool TryAdd(ReadOnlySpan<byte> data)
    {
        Transport = data[0];
        data = data[1..];
        if (data.IsEmpty || _length + data.Length > MaxLength) return false;
        if (_bytes.Length < _length + data.Length) Array.Resize(ref _bytes, Math.Min(MaxLength, Math.Max(256, (_length + data.Length) * 2)));
        data.CopyTo(_bytes.AsSpan(_length));
        _length += data.Length;
        return true;
    }

    /// <summary>Reads the objects, once the last segment is there.</summary>
    public void ReadObjects()
    {
        Span<Dnp3Value> values = stackalloc Dnp3Value[Dnp3PointReader.MaxFields];
        var (position, points) = (IsRequest ? 2 : 4, 0);
        while (position < _length && _objects.Count < MaxObjects)
        {
            if (!TryReadHeader(position, out var header)) return;
            position = header.PointsAt;
            if (header.Variation == 0 || header.Count == 0)
            {
                _objects.Add(header);
                continue;
            }
            var layout = Dnp3Layouts.Find(header.Group, header.Variation);
            if (layout is null || (layout.NeedsSize && !header.HasSizes))
            {
                _objects.Add(header);
                HasUnknownObject = true;
                return;
            }
            var reader = new Dnp3PointReader(Bytes, header, layout, values);
            var read = 0;
            while (points < MaxPoints && reader.TryNext()) (read, points) = (read + 1, points + 1);
            _objects.Add(header with { PointsRead = read });
            if (!reader.IsComplete)
            {
                HasUnknownObject = true;
                return;
            }
            position = reader.Position;
        }
        IsComplete = position >= _length;
    }

    /// <summary>Table 4-5. What cannot be read is in the list as far as it goes, and is the last.</summary>
    private bool TryReadHeader(int position, out Dnp3Object header)
    {
        header = default;
        var rest = Bytes[position..];
        if (rest.Length < 3) return false;
        var (group, variation, qualifier) = (rest[0], rest[1], rest[2]);
        var width = (qualifier & 0xf) switch { 0 or 3 => 1, 1 or 4 => 2, 2 or 5 => 4, 7 or 0xb => 1, 8 => 2, 9 => 4, _ => 0 };
        var isRange = (qualifier & 0xf) <= 5;
        var length = 3 + (isRange ? width * 2 : width);
        if (length > rest.Length || (width == 0 && (qualifier & 0xf) != 6))
        {
            _objects.Add(new(group, variation, qualifier, 0, 0, 0, _length, 0));
            return false;
        }
        var (start, stop, count) = (0u, 0u, Number(rest[3..], width));
        if (isRange)
        {
            (start, stop) = (count, Number(rest[(3 + width)..], width));
            count = unchecked(stop - start + 1);
        }
        header = new(group, variation, qualifier, start, stop, count, position + length, 0);
        return true;
    }

    private static uint Number(ReadOnlySpan<byte> bytes, int width) => width switch
    {
        0 => 0,
        1 => bytes[0],
        2 => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
        _ => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
    };
}
