using System.Runtime.CompilerServices;
using Demilune.Contracts.Nodes;

namespace Demilune.Node.Splice.Compile;

/// <summary>
/// What one compilation leaves to the next, so that a change costs little more than what it changes. With or without it the outcome is the same (a law says
/// so). Single owner, not thread-safe.
/// </summary>
/// <remarks>It knows groups and sets by reference: a state's objects are never edited, and those that a change leaves alone are the same objects.</remarks>
internal sealed class CompilerMemory
{
    private readonly ConditionalWeakTable<AddressSet, ParsedSet> _sets = [];
    private readonly Dictionary<HashSet<string>, Identity> _identities = new(HashSet<string>.CreateSetComparer());
    private readonly Dictionary<string, Subject<Rule>> _rules = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Subject<Classifier>> _classes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, PortRules> _ports = new(StringComparer.Ordinal);

    public ParsedSet Of(AddressSet set) => _sets.GetValue(set, static set => new(set));

    /// <summary>The identity of these names; <paramref name="names"/> belongs to it from now on.</summary>
    public Identity Identity(HashSet<string> names)
    {
        if (!_identities.TryGetValue(names, out var known)) _identities[names] = known = Compile.Identity.Of(names);
        return known;
    }

    public Subject<Rule> Rules(List<Rule> items) => Subject(_rules, items);

    public Subject<Classifier> Classes(List<Classifier> items) => Subject(_classes, items);

    /// <summary>What the same groups came to for another port, or for this one before. Null: they are not the same.</summary>
    public PortRules? Find(string groups, IReadOnlyList<SecurityGroup?> objects) =>
        _ports.TryGetValue(groups, out var known) && known.Groups.SequenceEqual(objects, ReferenceEqualityComparer.Instance) ? known : null;

    public void Keep(string groups, PortRules rules) => _ports[groups] = rules;

    /// <summary>Forgets what this plan has no use for.</summary>
    public void Trim(SplicePlan plan)
    {
        Keep(_rules, plan.RuleSubjects, plan.Identities.Count);
        Keep(_classes, plan.ClassSubjects, plan.Identities.Count);
        foreach (var (groups, rules) in _ports)
            if (!plan.RuleSubjects.ContainsKey(rules.Subject.Id)) _ports.Remove(groups);
        if (_identities.Count <= 2 * plan.Identities.Count + 64) return;
        foreach (var (names, identity) in _identities)
            if (!plan.Identities.ContainsKey(identity.Id)) _identities.Remove(names);
    }

    private static Subject<T> Subject<T>(Dictionary<string, Subject<T>> known, List<T> items) where T : IAboutPeers
    {
        var content = string.Join('\n', items);
        if (!known.TryGetValue(content, out var subject)) known[content] = subject = new(items.Count == 0 ? 0 : ContentId.Of(content), items);
        return subject;
    }

    private static void Keep<T>(Dictionary<string, Subject<T>> known, Dictionary<ulong, Subject<T>> used, int identities) where T : IAboutPeers
    {
        foreach (var (content, subject) in known)
            if (used.ContainsKey(subject.Id)) subject.Trim(identities);
            else known.Remove(content);
    }
}

/// <summary>An address set's members as they can be compared.</summary>
internal sealed class ParsedSet
{
    public ParsedSet(AddressSet set)
    {
        List<Prefix> members = new(set.Prefixes.Count);
        foreach (var text in set.Prefixes)
            if (Prefix.TryParse(text, out var member)) members.Add(member);
            else Wrong = $"address set {set.Id}: \"{text}\" is no CIDR";
        Members = members;
    }

    public IReadOnlyList<Prefix> Members { get; }

    /// <summary>Null: all of them are understood.</summary>
    public string? Wrong { get; }
}

/// <summary>What a port's groups come to.</summary>
/// <param name="Groups">In the port's order; null: one that the state does not have.</param>
/// <param name="Spoken">Names of sets and prefixes that the rules speak of: who has them must be known.</param>
/// <param name="Errors">Why a port with these groups is closed; empty: it is not.</param>
internal sealed record PortRules(
    IReadOnlyList<SecurityGroup?> Groups, Subject<Rule> Subject, IReadOnlyList<Spoken> Spoken, IReadOnlyList<Names.NamePattern> Patterns, IReadOnlyList<string> Errors);

/// <summary>A set or a prefix that something speaks of; one of the two is empty.</summary>
internal readonly record struct Spoken(string Set, string Prefix);
