using System.Collections.Immutable;
using Demilune.Inspection.Access;
using Demilune.Rules.Compile;

namespace Demilune.Inspection.Policies;

/// <summary>One security policy, or several that judge the same flows.</summary>
/// <param name="Tag">802.1Q VID of its frames.</param>
/// <param name="Name">The SecurityPolicy object's; of several: "a + b".</param>
/// <param name="Revision">Of the policy.</param>
/// <param name="Prevent">False: alerts only, nothing is dropped. Of several: whether any prevents.</param>
/// <param name="Rules">Compiled. Of several: joined, so that a signature's part is its member's number.</param>
public sealed record InspectionPolicy(int Tag, string Name, long Revision, bool Prevent, RuleSet Rules)
{
    /// <summary>Policies that may judge one flow: each costs its rules' searches on every buffer.</summary>
    public const int MaxMembers = 8;

    private readonly ImmutableArray<InspectionPolicy> _members = [];
    private readonly bool _isAnyAccess;

    /// <summary>What is allowed at layer 7; null: whatever no rule forbids. Of several: each has its own.</summary>
    public AccessList? Access { get; init; }

    /// <summary>It stands beside those that count and only tells what it would have done.</summary>
    public bool IsShadow { get; private init; }

    /// <summary>One of those that it stands for does.</summary>
    public bool HasShadow { get; }

    /// <summary>It stands for others, be it for one in the shadow.</summary>
    public bool IsJoined => !_members.IsEmpty;

    /// <summary>How many policies judge.</summary>
    public int Count => _members.IsEmpty ? 1 : _members.Length;

    /// <summary>Any of them has an allow-list.</summary>
    public bool HasAccess => Access is not null || _isAnyAccess;

    /// <summary>What it has come to; outlives its revisions. Of several: each has its own.</summary>
    public PolicyCounters Counters { get; init; } = new();

    /// <summary>One of the policies that judge, in the order in which they do.</summary>
    public InspectionPolicy this[int member] => _members.IsEmpty ? this : _members[member];

    /// <summary>The same policy beside others: it tells, and nothing is dropped because of it.</summary>
    public InspectionPolicy AsShadow() => this with { IsShadow = true, Prevent = false };

    private InspectionPolicy(int tag, long revision, ImmutableArray<InspectionPolicy> members)
        : this(
            tag, string.Join(" + ", members.Select(member => member.Name)), revision, members.Any(member => member.Prevent),
            RuleSet.Join([.. members.Select(member => member.Rules)])) =>
        (_members, _isAnyAccess, HasShadow) = (members, members.Any(member => member.Access is not null), members.Any(member => member.IsShadow));

    /// <summary>All of them judge each flow: what one denies is denied. A pass rule excuses a flow from its own policy's rules only.</summary>
    /// <exception cref="ArgumentException">There are none, or more than <see cref="MaxMembers"/>.</exception>
    public static InspectionPolicy Join(int tag, long revision, IReadOnlyList<InspectionPolicy> members)
    {
        if (members.Count is 0 or > MaxMembers) throw new ArgumentException($"{members.Count} policies cannot judge one flow: 1 to {MaxMembers} can", nameof(members));
        if (members is [{ IsShadow: false } only]) return only with { Tag = tag, Revision = revision };
        return new(tag, revision, [.. members]);
    }
}
