using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Demilune.Kubernetes.Api;
using Demilune.Kubernetes.Crds;
using Demilune.Orchestrator.Managers;
using k8s.Models;
using Nodes = Demilune.Contracts.Nodes;

namespace Demilune.Orchestrator.Resolving;

/// <summary>A SecurityPolicy with everything that it refers to.</summary>
/// <param name="Rules">Empty if it was refused.</param>
/// <param name="Reason">Why it was refused, for programs; null: it was accepted.</param>
/// <param name="Message">For people.</param>
internal sealed record ResolvedPolicy(
    SecurityPolicy Policy, string Firewall, Nodes.SecurityPolicy.Types.Mode Mode, Nodes.SecurityPolicy.Types.OnFailure OnFailure,
    ImmutableArray<Nodes.RuleSource> Rules, string? Reason, string Message)
{
    public string Name => Policy.Metadata.Name;

    /// <summary>Of the manager's policy that it refers to; null: it refers to none, or has none of its rules.</summary>
    public string? ExternalRevision { get; init; }

    public bool Accepted => Reason is null;

    /// <summary>As the nodes are told it; null without a tag.</summary>
    public Nodes.SecurityPolicy? ToNodes()
    {
        if (Policy.Status?.Tag is not { } tag) return null;
        var message = new Nodes.SecurityPolicy
        {
            Name = Name, Tag = (uint)tag, Mode = Mode, OnFailure = OnFailure, Rules = { Rules }, Access = AccessOf.Policy(Policy.Spec),
        };
        // Refused: no firewall is to load the half that is left of it.
        if (Accepted) message.Firewalls.Add(Firewall);
        message.Revision = Revision(message);
        return message;
    }

    /// <summary>Of the content: the same words have the same revision, whoever says them and whenever.</summary>
    private static ulong Revision(Nodes.SecurityPolicy message)
    {
        var text = new StringBuilder().Append(message.Name).Append('\0').Append(message.Tag).Append('\0')
            .Append(message.Mode).Append('\0').Append(message.OnFailure).Append('\0');
        foreach (var rules in message.Rules) text.Append(rules.Name).Append('\0').Append(rules.Text.Length).Append('\0').Append(rules.Text);
        text.Append('\0').Append(message.Access);
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString()));
        // 63 bits: engines keep it in a signed number. Never 0, which is "none".
        return (BinaryPrimitives.ReadUInt64BigEndian(hash) & long.MaxValue) | 1;
    }
}

/// <summary>Follows a policy's references. Pure: the objects come in, what is wrong with them goes out.</summary>
internal static class SecurityPolicyResolver
{
    /// <summary>Characters of all rules of a policy together: an engine loads every policy of its node at once.</summary>
    private const int MaxRuleText = 8_000_000;

    /// <param name="firewall">The Firewall that it names, or null if there is none.</param>
    /// <param name="manager">What is known of a SecurityManager; null: there is none.</param>
    public static ResolvedPolicy Resolve(SecurityPolicy policy, Firewall? firewall, Func<ObjectKey, V1ConfigMap?> configMap, Func<string, ManagerView?>? manager = null)
    {
        var name = policy.Spec.Firewall ?? "default";
        var problems = new List<(string Reason, string Message)>();
        var rules = ImmutableArray.CreateBuilder<Nodes.RuleSource>();
        foreach (var (reference, index) in (policy.Spec.Rules ?? []).Select((reference, index) => (reference, index)))
        {
            if (Follow(reference, index, configMap, problems) is { } source) rules.Add(source);
        }
        ManagerPolicy? managed = null;
        if (policy.Spec.External is { Manager: { } owner, Policy: { } theirs })
        {
            (managed, var reason, var why) = ManagerView.Follow(manager?.Invoke(owner), owner, theirs);
            if (managed is null) problems.Add((reason, why));
            else rules.Add(new Nodes.RuleSource { Name = $"external/{owner}/{theirs}", Text = managed.Rules });
        }
        if (rules.Sum(source => (long)source.Text.Length) > MaxRuleText)
            problems.Add(("RulesTooLarge", $"its rules have more than {MaxRuleText} characters together"));
        // "default" is made when it is first needed.
        if (firewall is null && name != "default") problems.Add(("FirewallNotFound", $"there is no Firewall \"{name}\""));
        var onFailure = (policy.Spec.OnFailure ?? firewall?.Spec.OnFailure) switch
        {
            FailureAction.Open => Nodes.SecurityPolicy.Types.OnFailure.Open,
            FailureAction.ClosedForNew => Nodes.SecurityPolicy.Types.OnFailure.ClosedForNew,
            _ => Nodes.SecurityPolicy.Types.OnFailure.Closed,
        };
        var mode = policy.Spec.Mode == PolicyMode.Detect ? Nodes.SecurityPolicy.Types.Mode.Detect : Nodes.SecurityPolicy.Types.Mode.Prevent;
        if (problems.Count == 0)
        {
            var message = rules.Count == 0 && policy.Spec.Allow is null ? "It has no rules, so it finds nothing." : "All that it refers to is there.";
            return new ResolvedPolicy(policy, name, mode, onFailure, rules.ToImmutable(), null, message) { ExternalRevision = managed?.Revision };
        }
        var all = string.Join("; ", problems.Select(problem => problem.Message));
        return new ResolvedPolicy(
            policy, name, mode, onFailure, [], problems[0].Reason, $"{char.ToUpperInvariant(all[0])}{all[1..]}. Its traffic follows onFailure: {onFailure}.");
    }

    private static Nodes.RuleSource? Follow(
        RuleReference reference, int index, Func<ObjectKey, V1ConfigMap?> configMap, List<(string, string)> problems)
    {
        switch (reference)
        {
            case { Inline: { } text, ConfigMap: null, Builtin: null }:
                return new Nodes.RuleSource { Name = index == 0 ? "inline" : $"inline[{index}]", Text = text };
            case { Inline: null, ConfigMap: null, Builtin: { } builtin }:
                return new Nodes.RuleSource { Name = $"builtin/{builtin}" };
            case { Inline: null, ConfigMap: { Namespace: { } ns, Name: { } name, Key: { } key }, Builtin: null }:
                if (configMap(new ObjectKey(ns, name)) is not { } map)
                    problems.Add(("ConfigMapNotFound", $"rules[{index}]: there is no ConfigMap {ns}/{name}"));
                else if (map.Data is null || !map.Data.TryGetValue(key, out var rules))
                    problems.Add(("ConfigMapKeyNotFound", $"rules[{index}]: ConfigMap {ns}/{name} has no key \"{key}\""));
                else
                    return new Nodes.RuleSource { Name = $"configmap/{ns}/{name}/{key}", Text = rules };
                return null;
            default:
                problems.Add(("InvalidRules", $"rules[{index}] needs exactly one of inline, configMap and builtin"));
                return null;
        }
    }
}
