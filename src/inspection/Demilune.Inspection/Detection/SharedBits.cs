namespace Demilune.Inspection.Detection;

/// <summary>Bits of hosts and of pairs of hosts, each until it expires. One table per packet thread.</summary>
internal sealed class SharedBits
{
    /// <summary>Bits at a time: who sends from many addresses fills the table, and then newcomers are not remembered until others expire. About 16 MiB.</summary>
    private const int MaxBits = 1 << 18;

    private readonly Dictionary<Key, long> _until = [];

    /// <summary>The addresses of a pair are in order; the second of a host is 0.</summary>
    public readonly record struct Key(int Bit, UInt128 First, UInt128 Second);

    public bool IsSet(in Key key, long now) => _until.TryGetValue(key, out var until) && now < until;

    public void Set(in Key key, long until, long now)
    {
        if (_until.Count >= MaxBits && !_until.ContainsKey(key))
        {
            // Rarely, and then for many at once.
            foreach (var (known, end) in _until)
                if (end <= now) _until.Remove(known);
            if (_until.Count >= MaxBits) return;
        }
        _until[key] = until;
    }

    public void Unset(in Key key) => _until.Remove(key);
}
