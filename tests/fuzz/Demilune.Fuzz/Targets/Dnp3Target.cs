using Demilune.Wire.Dnp3;

namespace Demilune.Fuzz.Targets;

/// <summary>DNP3: nothing may throw, every field lies within its fragment, and how the stream is cut changes nothing.</summary>
internal static class Dnp3Target
{
    public static FuzzTarget Stream { get; } = new("dnp3", "one direction of a DNP3 connection; and a fragment by itself, which no check protects", bytes =>
    {
        Dnp3Detection.OfFrame(bytes);
        Dnp3Detection.OfAny(bytes);
        if (Read(bytes, bytes.Length) != Read(bytes, 1)) throw new InvalidOperationException("cutting the stream changed what was read");
        foreach (var isRequest in (bool[])[true, false])
        {
            if (bytes.Length < Dnp3Fragment.LeastLength(isRequest) || bytes.Length > Dnp3Fragment.MaxLength) continue;
            var fragment = new Dnp3Fragment();
            fragment.Begin(default, bytes, isRequest);
            fragment.ReadObjects();
            Points(fragment);
        }
    });

    private static void Points(Dnp3Fragment fragment)
    {
        Span<Dnp3Value> values = stackalloc Dnp3Value[Dnp3PointReader.MaxFields];
        foreach (var header in fragment.Objects)
        {
            if (header.PointsRead == 0 || Dnp3Layouts.Find(header.Group, header.Variation) is not { } layout) continue;
            var reader = new Dnp3PointReader(fragment.Bytes, header, layout, values);
            var count = 0;
            while (count < header.PointsRead && reader.TryNext())
            {
                foreach (var value in values[..layout.Fields.Length]) _ = fragment.Bytes.Slice(value.Start, value.Length);
                count++;
            }
            if (count != header.PointsRead) throw new InvalidOperationException("points were read differently the second time");
        }
    }

    private static int Read(ReadOnlySpan<byte> bytes, int piece)
    {
        var (reader, hash) = (new Dnp3LinkReader(), new HashCode());
        while (!bytes.IsEmpty)
        {
            var part = bytes[..Math.Min(piece, bytes.Length)];
            bytes = bytes[part.Length..];
            while (reader.TryRead(ref part, out var outcome, out var link, out var data))
            {
                hash.Add(outcome);
                hash.Add(link);
                hash.AddBytes(data);
            }
        }
        return hash.ToHashCode();
    }
}
