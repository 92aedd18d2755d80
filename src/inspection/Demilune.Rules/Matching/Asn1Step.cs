namespace Demilune.Rules.Matching;

/// <summary><c>asn1</c>: elements of BER (X.690) of which decoders are known to take more than they have room for.</summary>
/// <param name="faults">Which of the two that need no number.</param>
/// <param name="longest">Any element with longer contents is one, too. Null: none is.</param>
/// <param name="offset">Where the first element begins: from the last match if the step is relative, else from the buffer's start.</param>
/// <remarks>As Suricata reads them: sequences and sets are entered, contents of other classes are not; what cannot be read ends the search.</remarks>
internal sealed class Asn1Step(Asn1Faults faults, uint? longest, int offset) : MatchStep
{
    /// <summary>Elements one after another, and within each other. Suricata's <c>asn1-max-frames</c>.</summary>
    private const int MaxElements = 30;

    private const int Real = 9, BitString = 3, Sequence = 16, Set = 17;

    public override bool Holds(ref MatchRun run, int index)
    {
        var start = offset + (IsRelative ? run.Position : -run.StreamOffset);
        if (start < 0 || start >= run.Bytes.Length) return false;
        var rest = run.Bytes[(int)start..];
        var found = false;
        // More elements than Suricata takes are none at all.
        for (var elements = 0; !rest.IsEmpty; elements++)
        {
            if (elements == MaxElements) return false;
            var inside = false;
            if (!TryElement(ref rest, MaxElements, ref inside)) break;
            found |= inside;
        }
        return found && run.Continue(index + 1);
    }

    /// <returns>False if it cannot be read.</returns>
    private bool TryElement(ref ReadOnlySpan<byte> rest, int depth, ref bool found)
    {
        if (depth == 0 || !TryHeader(ref rest, out var identifier, out var tag, out var contents)) return false;
        found |= contents.Length > (longest ?? uint.MaxValue);
        var isUniversal = identifier >> 6 == 0;
        var isPrimitive = (identifier & 0x20) == 0;
        if (!isUniversal) return true;
        if (isPrimitive && tag == BitString)
        {
            // Without the byte that says how many bits of the last are none of it.
            if (contents.IsEmpty) return false;
            found |= (faults & Asn1Faults.BitString) != 0 && contents[0] > 8 * contents.Length;
        }
        // In the two highest bits: written as digits, for which a library once had 256 bytes.
        if (isPrimitive && tag == Real) found |= (faults & Asn1Faults.Double) != 0 && contents.Length > 256 && (contents[0] & 0xc0) == 0;
        if (tag is not (Sequence or Set)) return true;
        while (!contents.IsEmpty)
            if (!TryElement(ref contents, depth - 1, ref found)) return false;
        return true;
    }

    private static bool TryHeader(ref ReadOnlySpan<byte> rest, out byte identifier, out uint tag, out ReadOnlySpan<byte> contents)
    {
        contents = default;
        identifier = rest[0];
        tag = (uint)identifier & 0x1f;
        var at = 1;
        if (tag == 0x1f)
        {
            // High tag numbers (§8.1.2.4): seven bits a byte. More than four are nobody's.
            tag = 0;
            do
            {
                if (at > 4 || at >= rest.Length) return false;
                tag = tag << 7 | (uint)rest[at] & 0x7f;
            }
            while ((rest[at++] & 0x80) != 0);
        }
        if (at >= rest.Length) return false;
        uint length = rest[at++];
        if (length >= 0x80)
        {
            // 0x80: to an end marker (§8.1.3.6), which nothing that is looked for uses.
            var size = (int)length & 0x7f;
            if (size is 0 or > 4 || rest.Length - at < size) return false;
            length = 0;
            while (size-- > 0) length = length << 8 | rest[at++];
        }
        if (length > (uint)(rest.Length - at)) return false;
        contents = rest.Slice(at, (int)length);
        rest = rest[(at + (int)length)..];
        return true;
    }
}

/// <summary>What a decoder may not expect.</summary>
[Flags]
internal enum Asn1Faults
{
    None = 0,

    /// <summary>More bits at the end are none of the string than it has.</summary>
    BitString = 1,

    /// <summary>A number with more than 256 digits.</summary>
    Double = 2,
}
