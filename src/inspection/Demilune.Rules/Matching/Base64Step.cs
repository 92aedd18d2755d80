using Demilune.Rules.Buffers;

namespace Demilune.Rules.Matching;

/// <summary><c>base64_decode</c>, and the steps that look into what it decoded (<c>base64_data</c>).</summary>
internal sealed class Base64Step(int maxBytes, int offset, MatchStep[] inner) : MatchStep
{
    public override bool Holds(ref MatchRun run, int index)
    {
        var start = Math.Min((IsRelative ? run.Position : 0) + (long)offset, run.Bytes.Length);
        var input = run.Bytes[(int)start..];
        if (maxBytes > 0 && input.Length > maxBytes) input = input[..maxBytes];
        var length = Decode(input, run.Context.Decoded);
        if (length == 0 || !run.Context.Spend(1 + length / 64)) return false;
        if (inner.Length > 0)
        {
            var decoded = new MatchRun(run.Context.Decoded.AsSpan(0, length), 0, true, inner, run.Context) { Buffer = BufferId.Base64Data, Transformed = true };
            if (!decoded.Start()) return false;
        }
        return run.Continue(index + 1);
    }

    /// <summary>Decodes to the first character that is not of the alphabet; blanks and line ends are skipped (RFC 2045 §6.8).</summary>
    private static int Decode(ReadOnlySpan<byte> input, Span<byte> output)
    {
        int bits = 0, count = 0, length = 0;
        foreach (var c in input)
        {
            if (c is (byte)' ' or (byte)'\r' or (byte)'\n' or (byte)'\t') continue;
            var value = c switch
            {
                >= (byte)'A' and <= (byte)'Z' => c - 'A',
                >= (byte)'a' and <= (byte)'z' => c - 'a' + 26,
                >= (byte)'0' and <= (byte)'9' => c - '0' + 52,
                (byte)'+' or (byte)'-' => 62,
                (byte)'/' or (byte)'_' => 63,
                _ => -1,
            };
            if (value < 0) break;
            bits = bits << 6 | value;
            count += 6;
            if (count < 8) continue;
            if (length == output.Length) break;
            count -= 8;
            output[length++] = (byte)(bits >> count);
            bits &= (1 << count) - 1;
        }
        return length;
    }
}
