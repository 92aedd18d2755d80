using System.Collections.Immutable;
using Demilune.Policy.Model;

namespace Demilune.Policy.Intents;

/// <summary>A selector that some policy uses, and whom it selects now.</summary>
internal sealed class Selection(PeerSelector selector)
{
    private static readonly Comparer<Pod> ByUid = Comparer<Pod>.Create((one, other) => string.CompareOrdinal(one.Uid, other.Uid));

    /// <summary>Port name → how many members mean each number by it; of names that were asked for.</summary>
    private readonly Dictionary<PolicyPort.Named, SortedDictionary<ushort, int>> _numbers = [];

    public PeerSelector Selector { get; } = selector;

    /// <summary>In the order of their UIDs.</summary>
    public ImmutableArray<Pod> Members { get; private set; } = [];

    /// <summary>Policies whose pods these are.</summary>
    public HashSet<PolicyId> Subjects { get; } = [];

    /// <summary>Policies that were told what a port's name means here.</summary>
    public HashSet<PolicyId> Askers { get; } = [];

    /// <summary>Policies whose rules name it.</summary>
    public HashSet<PolicyId> Speakers { get; } = [];

    public bool IsUsed => Subjects.Count + Askers.Count + Speakers.Count > 0;

    public bool Matches(Pod pod) =>
        Selector.Pods.Matches(pod.Labels) && (Selector.Port is not { } port || pod.Resolve(port.Name, port.Protocol) == port.Number);

    public void Fill(IEnumerable<Pod> pods) => Members = [.. pods.Where(Matches).OrderBy(pod => pod.Uid, StringComparer.Ordinal)];

    /// <param name="left">A member that is none any more, or is another now; null: there was none.</param>
    /// <param name="joined">Null: nobody.</param>
    /// <returns>True: a name that was asked for means other numbers now.</returns>
    public bool Move(Pod? left, Pod? joined)
    {
        var at = Members.BinarySearch((left ?? joined)!, ByUid);
        Members = (left, joined) switch
        {
            (null, _) => Members.Insert(~at, joined!),
            (_, null) => Members.RemoveAt(at),
            _ => Members.SetItem(at, joined),
        };
        var differs = false;
        foreach (var (name, numbers) in _numbers)
        {
            var (before, after) = (left?.Resolve(name.Name, name.Protocol), joined?.Resolve(name.Name, name.Protocol));
            if (before == after) continue;
            if (before is { } less) differs |= Count(numbers, less, -1);
            if (after is { } more) differs |= Count(numbers, more, 1);
        }
        return differs;
    }

    public IEnumerable<ushort> NumbersOf(PolicyPort.Named name)
    {
        if (!_numbers.TryGetValue(name, out var numbers))
        {
            _numbers[name] = numbers = [];
            foreach (var pod in Members)
                if (pod.Resolve(name.Name, name.Protocol) is { } number) Count(numbers, number, 1);
        }
        return numbers.Keys;
    }

    /// <returns>True: the number came or went.</returns>
    private static bool Count(SortedDictionary<ushort, int> numbers, ushort number, int by)
    {
        var count = numbers.GetValueOrDefault(number) + by;
        if (count > 0) numbers[number] = count;
        else numbers.Remove(number);
        return count == 0 || (count == 1 && by == 1);
    }
}
