using System.Text;

namespace Demilune.Inspection.Files;

/// <summary>
/// Whole files of which parts come in answers of their own (HTTP's ranges, RFC 9110 §14), also over several connections: captures are told of the whole
/// when its last part has come, as Suricata does it. Of each byte the first copy counts.
/// </summary>
internal sealed class FileJoins
{
    /// <summary>Larger files are told in parts only.</summary>
    private const long MaxFile = 16 << 20;

    /// <summary>All that is not whole yet: what Suricata gives it by default (<c>byterange.memcap</c>) is 100 MB.</summary>
    private const long MaxHeld = 100_000_000;

    /// <summary>Suricata's <c>byterange.timeout</c>.</summary>
    private const long Lifetime = 60L * 1_000_000_000;

    private readonly Dictionary<string, Join> _open = new(StringComparer.Ordinal);
    private long _held;

    /// <summary>The file that a part belongs to; null: it is too large, or too much is held.</summary>
    /// <param name="host">Whom it comes from.</param>
    /// <param name="name">What it is called there.</param>
    /// <param name="size">Of the whole.</param>
    /// <param name="now">Nanoseconds.</param>
    public Join? Find(ReadOnlySpan<byte> host, ReadOnlySpan<byte> name, long size, long now)
    {
        if (host.IsEmpty || size is <= 0 or > MaxFile) return null;
        var key = $"{Encoding.Latin1.GetString(host)}{Encoding.Latin1.GetString(name)}";
        if (_open.TryGetValue(key, out var known) && known.Size == size && now - known.Seen < Lifetime)
        {
            known.Seen = now;
            return known;
        }
        if (known is not null) Forget(known);
        if (_held + size > MaxHeld) foreach (var old in _open.Values.Where(join => now - join.Seen >= Lifetime).ToArray()) Forget(old);
        if (_held + size > MaxHeld) return null;
        _held += size;
        return _open[key] = new(key, (int)size) { Seen = now };
    }

    public void Forget(Join join)
    {
        if (!_open.TryGetValue(join.Key, out var known) || known != join) return;
        _open.Remove(join.Key);
        _held -= join.Size;
    }

    /// <summary>A file that is coming together.</summary>
    internal sealed class Join(string key, int size)
    {
        private readonly byte[] _bytes = new byte[size];
        private readonly List<(long Start, long End)> _runs = [];

        public string Key => key;
        public int Size => size;
        public long Seen { get; set; }
        public bool IsWhole => _runs is [(0, var end)] && end == size;
        public ReadOnlySpan<byte> Bytes => _bytes;

        public void Add(long at, ReadOnlySpan<byte> bytes)
        {
            if (at >= size) return;
            var (start, end) = (at, Math.Min(size, at + bytes.Length));
            for (var place = start; place < end;)
            {
                var held = _runs.FindIndex(run => run.Start <= place && run.End > place);
                if (held >= 0)
                {
                    place = _runs[held].End;
                    continue;
                }
                var next = _runs.Where(run => run.Start > place).Select(run => run.Start).DefaultIfEmpty(end).Min();
                var until = Math.Min(end, next);
                bytes[(int)(place - at)..(int)(until - at)].CopyTo(_bytes.AsSpan((int)place));
                place = until;
            }
            Cover(start, end);
        }

        private void Cover(long start, long end)
        {
            for (var i = _runs.Count - 1; i >= 0; i--)
            {
                if (_runs[i].End < start || _runs[i].Start > end) continue;
                (start, end) = (Math.Min(start, _runs[i].Start), Math.Max(end, _runs[i].End));
                _runs.RemoveAt(i);
            }
            _runs.Add((start, end));
        }
    }
}
