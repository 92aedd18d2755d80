using Demilune.Rules.Buffers;
using Demilune.Rules.Headers;
using Demilune.Rules.Keywords;
using Demilune.Rules.Matching;
using Demilune.Rules.Prefilters;
using Demilune.Rules.Regex;
using Demilune.Rules.State;
using Demilune.Rules.Syntax;
using Demilune.Rules.Transforms;

namespace Demilune.Rules.Compile;

/// <summary>Rule texts in, one rule set and the errors out.</summary>
internal static class RuleCompiler
{
    public static CompiledRules Compile(IEnumerable<RuleSource> sources, RuleSetOptions options)
    {
        var names = new StateNames();
        var sets = new HeaderSets(options.Variables);
        var skipped = 0;
        var rules = new List<LoadedRule>();
        var places = new Dictionary<(uint Gid, uint Sid), Signature>();
        var errors = new List<RuleError>();
        var remarks = new List<RuleError>();
        foreach (var source in sources)
        {
            var text = new SourceText(source);
            var reader = new RuleReader(source.Text);
            while (reader.TryRead(out var rule, out var fault, out var sid))
            {
                if (rule is not null)
                {
                    if (!Requires.AreMet(rule, options.IgnoreUnknownRequirements, out fault) && fault is null)
                    {
                        skipped++;
                        continue;
                    }
                    var line = text.Locate(rule.Position).Line;
                    Signature? signature = null;
                    PrefilterChoice choice = default;
                    fault ??= SignatureAssembly.TryAssemble(
                        rule, source.Text[rule.Position..rule.End], source.Name, line, options, names, sets, out signature, out choice,
                        remark => remarks.Add(text.Error(remark, SidOf(rule))));
                    if (fault is null && places.TryGetValue((signature!.Gid, signature.Sid), out var taken))
                        fault = rule.Action.Fault($"sid {signature.Sid} is taken by the rule at {taken.Source}:{taken.Line}.");
                    if (fault is null)
                    {
                        places.Add((signature!.Gid, signature.Sid), signature);
                        if (choice.Test >= 0) signature.Prefilter = new(signature.TestArray[choice.Test].Buffer, choice.Literal ?? default, choice.NoCase, choice.Expression?.Pattern);
                        rules.Add(new(signature, choice));
                        continue;
                    }
                }
                errors.Add(text.Error(fault!, sid));
            }
        }
        return new(Assemble(rules, names, options), errors) { Skipped = skipped, Remarks = remarks };
    }

    private static uint SidOf(RuleSyntax rule) =>
        rule.Options.FirstOrDefault(option => option.Name == "sid") is { Value: { } number } && uint.TryParse(number, out var sid) ? sid : 0;

    private static RuleSet Assemble(List<LoadedRule> rules, StateNames names, RuleSetOptions options)
    {
        var ordered = rules.OrderBy(rule => ActionRank(rule.Signature.Action, options.ActionOrder)).ThenBy(rule => FlowbitRank(rule.Signature))
            .ThenBy(rule => StateRank<FlowintOperation>(rule.Signature)).ThenBy(rule => VariableRank(rule.Signature)).ThenBy(rule => StateRank<SharedBitOperation>(rule.Signature))
            .ThenBy(rule => rule.Signature.Priority).ThenBy(rule => rule.Signature.Sid).ToArray();
        for (var i = 0; i < ordered.Length; i++) ordered[i].Signature.Index = i;
        var prefilters = new PrefilterAssembly(options.RegexSets);
        foreach (var (signature, choice) in ordered)
            if (choice.Test >= 0) prefilters.Add(signature, choice);
        return new(
            [.. ordered.Select(rule => rule.Signature)],
            names,
            prefilters.Build(),
            [.. ordered.Where(rule => rule.Choice.Test < 0).Select(rule => rule.Signature.Index)]);
    }

    private static int ActionRank(RuleAction action, IReadOnlyList<RuleAction> order)
    {
        var kind = action is RuleAction.RejectSource or RuleAction.RejectDestination or RuleAction.RejectBoth ? RuleAction.Reject : action;
        for (var i = 0; i < order.Count; i++)
            if (order[i] == kind) return i;
        return order.Count;
    }

    /// <summary>Who sets a bit comes before who asks for it, so that both can match on the same packet.</summary>
    private static int FlowbitRank(Signature signature)
    {
        var asks = signature.Flowbits.Any(operation => operation.IsCondition);
        var sets = signature.Flowbits.Any(operation => !operation.IsCondition);
        return Rank(sets, asks);
    }

    private static int StateRank<TOperation>(Signature signature) where TOperation : StateOperation => Rank(
        signature.State.Any(operation => operation is TOperation { IsCondition: false }), signature.State.Any(operation => operation is TOperation { IsCondition: true }));

    private static int VariableRank(Signature signature) =>
        Rank(signature.TestArray.Any(test => test.Steps.Any(step => step is PcreStep { Captures: true })), signature.State.Any(operation => operation is VariableOperation));

    private static int Rank(bool sets, bool asks) => (sets, asks) switch { (true, false) => 0, (true, true) => 1, (false, true) => 2, _ => 3 };

    /// <summary>A class: sorting structs of its own kind would have to be compiled at each start.</summary>
    private sealed record LoadedRule(Signature Signature, PrefilterChoice Choice);
}
