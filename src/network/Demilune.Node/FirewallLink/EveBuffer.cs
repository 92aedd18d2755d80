using Demilune.Contracts.Nodes;

namespace Demilune.Node.FirewallLink;

/// <summary>
/// EVE records on their way to the controller. Holds the newest while the controller is away; the firewall's own log
/// has them all.
/// </summary>
internal sealed class EveBuffer
{
    /// <summary>About 20 MB of alerts: enough for minutes of an attack without a controller.</summary>
    public const int Capacity = 10_000;

    private readonly Queue<string> _lines = new();
    private readonly Lock _gate = new();

    /// <summary>Records that had to make room.</summary>
    public long Lost { get; private set; }

    public void Add(string line)
    {
        lock (_gate)
        {
            if (_lines.Count == Capacity)
            {
                _lines.Dequeue();
                Lost++;
            }

            _lines.Enqueue(line);
        }
    }

    public EveLines Take(int max)
    {
        var taken = new EveLines();
        lock (_gate)
            while (taken.Lines.Count < max && _lines.TryDequeue(out var line)) taken.Lines.Add(line);
        return taken;
    }

    /// <summary>Puts back what could not be sent, in front, as far as there is room.</summary>
    public void PutBack(EveLines lines)
    {
        lock (_gate)
        {
            var newer = _lines.ToArray();
            _lines.Clear();
            foreach (var line in lines.Lines.Concat(newer).TakeLast(Capacity)) _lines.Enqueue(line);
            Lost += Math.Max(0, lines.Lines.Count + newer.Length - Capacity);
        }
    }
}
