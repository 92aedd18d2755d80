using Demilune.Rules.Buffers;
using Demilune.Rules.Headers;
using Demilune.Rules.Keywords;
using Demilune.Rules.Prefilters;
using Demilune.Rules.Regex;
using Demilune.Rules.Transforms;

namespace Demilune.Rules.Compile;

/// <summary>Collects what each buffer has to be searched for, in each direction.</summary>
internal sealed class PrefilterAssembly(IRegexSetEngine? regexSets)
{
    private readonly Slot?[] _slots = new Slot?[BufferCatalog.Count * 2];

    public void Add(Signature signature, PrefilterChoice choice)
    {
        for (var i = 0; i < signature.TestArray.Length; i++)
        {
            var test = signature.TestArray[i];
            foreach (var buffer in Views(test))
            {
                foreach (var direction in new[] { FlowDirections.ToServer, FlowDirections.ToClient })
                {
                    if ((signature.Directions & BufferCatalog.Get(buffer).Directions & direction) == 0) continue;
                    // Every buffer that a signature looks into gets a slot, also where another one makes it a candidate: "inspects" must say so.
                    var slot = _slots[(int)buffer * 2 + (direction == FlowDirections.ToClient ? 1 : 0)] ??= new();
                    if (i == choice.Test) slot.Add(signature.Index, test.Transforms, choice);
                }
            }
        }
    }

    public BufferPrefilter?[] Build()
    {
        // The two directions, and packets and streams, often hold the very same literals: made once.
        var made = new Dictionary<string, LiteralPrefilter>();
        var madeSets = new Dictionary<string, (RegexPrefilter?, int[])>();
        return [.. _slots.Select(slot => slot?.Build(made, madeSets, regexSets))];
    }

    private static BufferId[] Views(BufferTest test) =>
        test.Buffer == BufferId.Stream && !test.StreamOnly ? [BufferId.Stream, BufferId.PacketPayload] : [test.Buffer];

    private sealed class Slot
    {
        private readonly List<int> _always = [];
        private readonly List<(int Signature, RegexExpression Expression)> _expressions = [];
        private readonly List<(Transform[] Chain, Dictionary<(string, bool), List<int>> Literals)> _chains = [];

        public void Add(int signature, Transform[] transforms, PrefilterChoice choice)
        {
            if (choice.Literal is null)
            {
                if (choice.Expression is { } expression && _expressions.Count < RegexPrefilter.MaxExpressions) _expressions.Add((signature, expression));
                else _always.Add(signature);
                return;
            }
            var index = _chains.FindIndex(chain => chain.Chain.SequenceEqual(transforms));
            if (index < 0)
            {
                index = _chains.Count;
                _chains.Add((transforms, []));
            }
            var key = (Convert.ToHexString(choice.Literal), choice.NoCase);
            var literals = _chains[index].Literals;
            if (!literals.TryGetValue(key, out var signatures)) literals.Add(key, signatures = []);
            signatures.Add(signature);
        }

        public BufferPrefilter Build(Dictionary<string, LiteralPrefilter> made, Dictionary<string, (RegexPrefilter?, int[])> madeSets, IRegexSetEngine? regexSets)
        {
            var (expressions, others) = Expressions(madeSets, regexSets);
            LiteralPrefilter? plain = null;
            var transformed = new List<TransformedPrefilter>();
            foreach (var (chain, literals) in _chains)
            {
                var key = string.Join(' ', literals.Select(pair => $"{pair.Key.Item1}{(pair.Key.Item2 ? 'i' : 'c')}{string.Join(',', pair.Value)}"));
                if (!made.TryGetValue(key, out var prefilter))
                {
                    prefilter = new([.. literals.Select(pair => new Literal(Convert.FromHexString(pair.Key.Item1), pair.Key.Item2, [.. pair.Value]))]);
                    made.Add(key, prefilter);
                }
                if (chain.Length == 0) plain = prefilter;
                else transformed.Add(new(chain, prefilter, [.. literals.Values.SelectMany(signatures => signatures)]));
            }
            return new(plain, [.. _always, .. others], [.. transformed], expressions);
        }

        /// <summary>A set of what can be looked for at once, and the signatures for which that does not work.</summary>
        private (RegexPrefilter?, int[]) Expressions(Dictionary<string, (RegexPrefilter?, int[])> made, IRegexSetEngine? engine)
        {
            if (_expressions.Count == 0) return (null, []);
            var key = string.Join('\0', _expressions.Select(pair => $"{pair.Signature} {pair.Expression.Flags} {pair.Expression.Pattern}"));
            if (made.TryGetValue(key, out var known)) return known;
            var accepted = new bool[_expressions.Count];
            var set = engine?.TryCompile([.. _expressions.Select(pair => pair.Expression)], accepted);
            var signatures = _expressions.Select(pair => pair.Signature).ToArray();
            return made[key] = (set is null ? null : new(set, signatures), [.. signatures.Where((_, index) => set is null || !accepted[index])]);
        }
    }
}
