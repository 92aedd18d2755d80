using System.Collections.Concurrent;

namespace Demilune.Rules.State;

/// <summary>Numbers what rules name: flow bits, counters, bits of hosts, variables. One per rule set while it is compiled.</summary>
internal sealed class StateNames
{
    private readonly Dictionary<string, int> _flowbits = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _counters = new(StringComparer.Ordinal);
    private static readonly ConcurrentDictionary<string, int> s_sharedBits = new(StringComparer.Ordinal);
    private static int s_lastSharedBit;

    private readonly Dictionary<string, int> _variables = new(StringComparer.Ordinal);

    public int Flowbit(string name) => Number(_flowbits, name);
    public int Counter(string name) => Number(_counters, name);

    /// <summary>The same number in every rule set of the process: such a bit outlives a reload, and one policy's rules may ask what another's set.</summary>
    public static int SharedBit(string name) => s_sharedBits.GetOrAdd(name, static _ => Interlocked.Increment(ref s_lastSharedBit));

    public int Variable(string name) => Number(_variables, name);

    public string[] Flowbits => Names(_flowbits);
    public string[] Counters => Names(_counters);
    public string[] Variables => Names(_variables);

    private static int Number(Dictionary<string, int> numbers, string name)
    {
        if (!numbers.TryGetValue(name, out var number)) numbers.Add(name, number = numbers.Count);
        return number;
    }

    private static string[] Names(Dictionary<string, int> numbers) => [.. numbers.OrderBy(pair => pair.Value).Select(pair => pair.Key)];
}
