using System.Globalization;

namespace Demilune.Local.Node.Logs;

/// <summary>One line of a container's log file: <c>TIME STREAM P|F TEXT</c>, the format of the container runtime interface.</summary>
/// <param name="Complete">False: the line goes on in the next record (P).</param>
internal readonly ref struct LogLine(DateTimeOffset time, ReadOnlySpan<byte> stamp, bool isError, bool complete, ReadOnlySpan<byte> text)
{
    public DateTimeOffset Time { get; } = time;

    /// <summary>The time as it stands in the file.</summary>
    public ReadOnlySpan<byte> Stamp { get; } = stamp;

    public bool IsError { get; } = isError;
    public bool Complete { get; } = complete;
    public ReadOnlySpan<byte> Text { get; } = text;

    /// <param name="line">Without its newline.</param>
    public static bool TryParse(ReadOnlySpan<byte> line, out LogLine parsed)
    {
        parsed = default;
        var first = line.IndexOf((byte)' ');
        if (first <= 0 || first > 64) return false;
        Span<char> time = stackalloc char[first];
        if (!System.Text.Encoding.ASCII.TryGetChars(line[..first], time, out _)) return false;
        if (!DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)) return false;
        var rest = line[(first + 1)..];
        var isError = rest.StartsWith("stderr "u8);
        if (!isError && !rest.StartsWith("stdout "u8)) return false;
        rest = rest[7..];
        if (rest is not [(byte)'F' or (byte)'P', ..]) return false;
        var complete = rest[0] == (byte)'F';
        parsed = new LogLine(at, line[..first], isError, complete, rest.Length > 2 ? rest[2..] : default);
        return true;
    }
}
