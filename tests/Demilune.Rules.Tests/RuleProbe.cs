using System.Text;
using Demilune.Firewall.Regex;
using Demilune.Rules.Buffers;
using Demilune.Rules.Compile;
using Demilune.Rules.Headers;
using Demilune.Rules.Matching;

namespace Demilune.Rules.Tests;

/// <summary>One rule tried on buffers given as Latin-1 text. Every match is also checked to have been a candidate.</summary>
internal static class RuleProbe
{
    public static RuleSetOptions Options { get; } = new() { Regex = PcreRegexEngine.BestAvailable(), RegexSets = HyperscanSetEngine.IfAvailable() };

    public static CompiledRules Compile(string rules) => RuleSet.Compile([new("test.rules", rules)], Options);

    public static Signature One(string rule)
    {
        var compiled = Compile(rule);
        Assert.Empty(compiled.Errors);
        return Assert.Single(compiled.Rules.Signatures);
    }

    public static bool Matches(string options, BufferId buffer, string bytes) => Matches(options, (buffer, [bytes]));

    public static bool Matches(string options, params (BufferId Id, string[] Instances)[] buffers)
    {
        var compiled = Compile($"alert ip any any -> any any ({options} sid:1;)");
        Assert.Empty(compiled.Errors);
        var context = new MatchContext();
        context.Prepare(compiled.Rules);
        var source = new TextBuffers(buffers);
        uint matched = 0;
        var matches = compiled.Rules[0].Matches(ref source, context, ref matched);
        if (matches) Assert.True(IsCandidate(compiled.Rules, context, buffers), "A match that the prefilter missed.");
        return matches;
    }

    public static string Fault(string rule)
    {
        var compiled = Compile(rule);
        return Assert.Single(compiled.Errors).ToString();
    }

    private static bool IsCandidate(RuleSet rules, MatchContext context, (BufferId Id, string[] Instances)[] buffers)
    {
        foreach (var direction in new[] { FlowDirections.ToServer, FlowDirections.ToClient })
            foreach (var (id, instances) in buffers)
                foreach (var instance in instances)
                    rules.Prefilter(id, direction, Encoding.Latin1.GetBytes(instance), context);
        return context.Candidates.Contains(0);
    }
}

internal sealed class TextBuffers(params (BufferId Id, string[] Instances)[] buffers) : IInspectionBuffers
{
    private readonly Dictionary<(BufferId, int), byte[]> _bytes = buffers
        .SelectMany(buffer => buffer.Instances.Select((text, index) => (buffer.Id, index, text)))
        .ToDictionary(item => (item.Id, item.index), item => Encoding.Latin1.GetBytes(item.text));

    public bool IsComplete { get; init; } = true;

    public bool TryGet(BufferId id, int instance, out BufferView view)
    {
        var found = _bytes.TryGetValue((id, instance), out var bytes);
        view = new(bytes, 0, IsComplete);
        return found;
    }
}
