using System.Text;
using Demilune.Firewall.Regex;
using Demilune.Rules.Buffers;
using Demilune.Rules.Compile;
using Demilune.Rules.Headers;
using Demilune.Rules.Matching;

namespace Demilune.Fuzz.Targets;

/// <summary>Rule text, and what it makes of the very same bytes as traffic.</summary>
internal static class RulesTarget
{
    public static FuzzTarget Rules { get; } = new("rules", "rule text: parsed, compiled and evaluated on itself", Run);

    private static void Run(byte[] input)
    {
        var text = Encoding.UTF8.GetString(input);
        var compiled = RuleSet.Compile([new("fuzz.rules", text)], new() { Regex = PcreRegexEngine.BestAvailable(), RegexSets = HyperscanSetEngine.IfAvailable() });
        var lines = text.Split('\n');
        foreach (var error in compiled.Errors)
            if (error.Line < 1 || error.Line > lines.Length || error.Column < 1 || error.Column > lines[error.Line - 1].Length + 1)
                throw new InvalidOperationException($"An error outside of the text: {error}");
        var context = new MatchContext();
        context.Prepare(compiled.Rules);
        var buffers = new Itself(input);
        foreach (var signature in compiled.Rules.Signatures)
        {
            uint matched = 0;
            if (!signature.Matches(ref buffers, context, ref matched) || signature.Tests.Count == 0) continue;
            context.Candidates.Clear();
            foreach (var test in signature.Tests)
            {
                compiled.Rules.Prefilter(test.Buffer, FlowDirections.ToServer, input, context);
                compiled.Rules.Prefilter(test.Buffer, FlowDirections.ToClient, input, context);
            }
            if (!context.Candidates.Contains(signature.Index)) throw new InvalidOperationException($"A match that the prefilter missed: {signature.Text}");
        }
    }

    private readonly struct Itself(byte[] bytes) : IInspectionBuffers
    {
        public bool TryGet(BufferId id, int instance, out BufferView view)
        {
            view = new(bytes);
            return instance == 0;
        }
    }
}
