using System.Collections.Frozen;
using System.Globalization;
using Demilune.Rules.Headers;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Reputation;

/// <summary>What lists say of addresses: per category a value from 1 to 127. Immutable.</summary>
public sealed class ReputationTable
{
    /// <summary>As in Suricata.</summary>
    public const int MaxCategories = 60, MaxValue = 127;

    private readonly FrozenDictionary<string, int> _categories;
    private readonly FrozenDictionary<(int Category, UInt128 Address), byte> _hosts;
    private readonly (int Category, UInt128 First, UInt128 Last, byte Value)[] _networks;

    private ReputationTable(Dictionary<string, int> categories, Dictionary<(int, UInt128), byte> hosts, List<(int Category, UInt128 First, UInt128 Last, byte Value)> networks)
    {
        _categories = categories.ToFrozenDictionary(StringComparer.Ordinal);
        _hosts = hosts.ToFrozenDictionary();
        // The narrowest network that holds an address speaks for it.
        _networks = [.. networks.OrderBy(network => network.Last - network.First)];
    }

    public static ReputationTable Empty { get; } = new([], [], []);

    /// <summary>The category's number, or -1.</summary>
    public int Category(string name) => _categories.GetValueOrDefault(name, -1);

    /// <summary>0: nothing is said of the address.</summary>
    public byte Of(int category, UInt128 address)
    {
        if (_hosts.TryGetValue((category, address), out var value)) return value;
        foreach (var network in _networks)
            if (network.Category == category && address >= network.First && address <= network.Last) return network.Value;
        return 0;
    }

    /// <summary>Reads lists.</summary>
    /// <param name="categories">Lines <c>NUMBER,SHORT NAME,DESCRIPTION</c>.</param>
    /// <param name="lists">Lines <c>ADDRESS[/LENGTH],CATEGORY NUMBER,VALUE</c>.</param>
    /// <param name="errors">Lines that were left out.</param>
    public static ReputationTable Read(RuleSource categories, IEnumerable<RuleSource> lists, out IReadOnlyList<RuleError> errors)
    {
        var faults = new List<RuleError>();
        var names = new Dictionary<string, int>(StringComparer.Ordinal);
        var hosts = new Dictionary<(int, UInt128), byte>();
        var networks = new List<(int, UInt128, UInt128, byte)>();
        foreach (var (line, number) in Classifications.ConfigLines.Of(categories))
        {
            if (line.Split(',', 3, StringSplitOptions.TrimEntries) is [var id, { Length: > 0 } name, ..] && TryNumber(id, MaxCategories - 1, out var index)) names[name] = index;
            else faults.Add(new(categories.Name, number, 1, $"Expected 'number,name,description' with a number below {MaxCategories}.", 0));
        }
        foreach (var list in lists)
        {
            foreach (var (line, number) in Classifications.ConfigLines.Of(list))
            {
                if (line.Split(',', StringSplitOptions.TrimEntries) is [var address, var category, var text] && TryNumber(category, MaxCategories - 1, out var index)
                    && TryNumber(text, MaxValue, out var value) && AddressSyntax.TryRange(address, out var range))
                {
                    if (value == 0) continue;
                    if (range.First == range.Last) hosts[(index, range.First)] = (byte)value;
                    else networks.Add((index, range.First, range.Last, (byte)value));
                }
                else faults.Add(new(list.Name, number, 1, $"Expected 'address,category,value' with a value up to {MaxValue}.", 0));
            }
        }
        errors = faults;
        return new(names, hosts, networks);

        static bool TryNumber(string text, int most, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= most;
    }
}
