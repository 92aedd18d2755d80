using System.Collections.Frozen;
using Demilune.Contracts.FirewallLink;
using Demilune.Inspection.Policies;
using Demilune.Rules.Compile;
using Demilune.Rules.Syntax;

namespace Demilune.Firewall.Policies;

/// <summary>
/// Turns the policy sets of the agent into snapshots to judge by. Runs on its caller's thread, never the packet
/// thread's: compiling takes as long as it takes, meanwhile the former set is in force.
/// </summary>
/// <remarks>One caller at a time.</remarks>
internal sealed class PolicyIntake(RuleLibrary library, RuleSetOptions options, Action<PolicySetSnapshot> publish)
{
    /// <summary>Errors that are told of a policy (contract).</summary>
    private const int MaxErrors = 100;

    private const int MaxTag = 4094;

    private Dictionary<int, Accepted> _inForce = [];
    private volatile IReadOnlyList<(string Name, PolicyCounters Counters)> _counters = [];
    private long _snapshots;
    private long _setsLoaded;

    /// <summary>How many sets have been taken; 0: the agent has not spoken yet. May be read by any thread.</summary>
    public long SetsLoaded => Volatile.Read(ref _setsLoaded);

    /// <summary>What the policies in force have come to. May be read by any thread.</summary>
    public IReadOnlyList<(string Name, PolicyCounters Counters)> Counters => _counters;

    /// <summary>Loads a set and puts it in force.</summary>
    /// <remarks>
    /// A rule that is wrong is refused alone. A policy fails if a file of it is missing or every one of its rules is
    /// refused; it then keeps its former rules, or, if it has none, is not in force: its frames, and those of combinations that it is in,
    /// are dropped, or pass unjudged by it if it fails open.
    /// </remarks>
    public PolicySetLoaded Load(PolicySet set)
    {
        var next = new Dictionary<int, Accepted>();
        var answers = new List<PolicyLoaded>();
        foreach (var policy in set.Policies ?? [])
        {
            var former = _inForce.TryGetValue(policy.Tag, out var known) && known.Policy.Name == policy.Name ? known : null;
            if (policy.Tag is < 1 or > MaxTag || next.ContainsKey(policy.Tag))
            {
                answers.Add(Refused(policy, null, [$"{policy.Name}:1:1: tag {policy.Tag} is not between 1 and {MaxTag}, or another policy of the set has it"]));
                continue;
            }
            var (accepted, errors) = Compile(policy, former);
            answers.Add(accepted?.Answer ?? Refused(policy, former, errors));
            if ((accepted ?? former ?? (policy.FailsOpen ? Absent(policy) : null)) is { } usable) next[policy.Tag] = usable;
        }
        var byTag = next.ToDictionary(entry => entry.Key, entry => entry.Value.Compiled);
        foreach (var combination in set.Combinations ?? [])
            if (Join(combination, set.Revision, next) is { } joined) byTag.TryAdd(combination.Tag, joined);
        _inForce = next;
        _counters = [.. next.Values.Select(one => (one.Policy.Name, one.Compiled.Counters))];
        // Numbered here: the agent's revisions begin anew when its state does.
        publish(new(++_snapshots, byTag.ToFrozenDictionary(), Default: null));
        Volatile.Write(ref _setsLoaded, _setsLoaded + 1);
        return new(set.Revision, answers, [.. byTag.Keys.Order()]);
    }

    /// <returns>Null: one that counts is not there, and the flows may not pass without it.</returns>
    private static InspectionPolicy? Join(EngineCombination combination, long revision, Dictionary<int, Accepted> inForce)
    {
        if (combination.Tag is < 1 or > MaxTag || !combination.Policies.All(inForce.ContainsKey)) return null;
        InspectionPolicy[] members =
        [
            .. combination.Policies.Select(tag => inForce[tag].Compiled),
            .. combination.Shadows.Where(inForce.ContainsKey).Select(tag => inForce[tag].Compiled.AsShadow()),
        ];
        return members.Length is 0 or > InspectionPolicy.MaxMembers ? null : InspectionPolicy.Join(combination.Tag, revision, members);
    }

    /// <summary>Stands for what could not be loaded and fails open: judges nothing.</summary>
    private static Accepted Absent(EnginePolicy policy) => new(
        policy with { Rules = [], Access = null }, new(policy.Tag, policy.Name, policy.Revision, Prevent: false, RuleSet.Empty), Refused(policy, null, []));

    /// <summary>Without an agent: one policy of every file in the library, for all frames.</summary>
    public PolicyLoaded LoadLibrary()
    {
        var policy = new EnginePolicy(Tag: 0, "builtin", Revision: 1, Prevent: true, [.. library.All]);
        var (accepted, errors) = Compile(policy, former: null);
        if (accepted is null) return Refused(policy, null, errors);
        _inForce = new() { [policy.Tag] = accepted };
        publish(PolicySetSnapshot.Single(accepted.Compiled));
        Volatile.Write(ref _setsLoaded, _setsLoaded + 1);
        return accepted.Answer;
    }

    /// <summary>Makes what is in force search faster: some seconds for the largest rule sets there are, in which they are in force already.</summary>
    public void Quicken()
    {
        if (options.RegexSets is not { } engine) return;
        foreach (var accepted in _inForce.Values) accepted.Compiled.Rules.Quicken(engine, searched: 0);
    }

    private (Accepted? Accepted, IReadOnlyList<string> Errors) Compile(EnginePolicy policy, Accepted? former)
    {
        var rules = policy.Rules ?? [];
        if (former is not null && rules.SequenceEqual(former.Policy.Rules ?? []) && policy.Access == former.Policy.Access)
        {
            // Name, mode or revision changed at most. Nothing to compile.
            var answer = former.Answer with { Revision = policy.Revision };
            return (new(policy, former.Compiled with { Revision = policy.Revision, Prevent = policy.Prevent }, answer), []);
        }
        var sources = new List<RuleSource>();
        var missing = new List<string>();
        foreach (var file in rules)
        {
            if (library.TryRead(file, out var source, out var error)) sources.Add(source);
            else missing.Add(error);
        }
        if (missing.Count > 0) return (null, missing);
        Inspection.Access.AccessList? access = null;
        if (policy.Access is { } json)
        {
            access = AccessReader.TryRead(policy.Name, json, options.Regex, out var wrong);
            if (access is null) return (null, wrong);
        }
        var compiled = RuleSet.Compile(sources, options);
        var errors = compiled.Errors.Take(MaxErrors).Select(error => error.ToString()).ToArray();
        var count = compiled.Rules.Signatures.Count;
        if (count == 0 && errors.Length > 0) return (null, errors);
        return (new(
            policy,
            new(policy.Tag, policy.Name, policy.Revision, policy.Prevent, compiled.Rules) { Access = access, Counters = former?.Compiled.Counters ?? new() },
            new(policy.Tag, policy.Name, policy.Revision, Ok: true, count, errors)), errors);
    }

    private static PolicyLoaded Refused(EnginePolicy policy, Accepted? former, IReadOnlyList<string> errors) =>
        new(policy.Tag, policy.Name, policy.Revision, Ok: false, former?.Answer.Rules ?? 0, errors, InForce: former is not null);

    /// <summary>A policy in force.</summary>
    private sealed record Accepted(EnginePolicy Policy, InspectionPolicy Compiled, PolicyLoaded Answer);
}
