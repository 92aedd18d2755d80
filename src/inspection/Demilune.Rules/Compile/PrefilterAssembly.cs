using Demilune.Rules.Buffers;
using Demilune.Rules.Headers;
using Demilune.Rules.Keywords;
using Demilune.Rules.Prefilters;
using Demilune.Rules.Transforms;

namespace Demilune.Rules.Compile;

/// <summary>Collects what each buffer has to be searched for, in each direction.</summary>
internal sealed class PrefilterAssembly
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
        return [.. _slots.Select(slot => slot?.Build(made))];
    }

    private static BufferId[] Views(BufferTest test) =>
        test.Buffer == BufferId.Stream && !test.StreamOnly ? [BufferId.Stream, BufferId.PacketPayload] : [test.Buffer];

    private sealed class Slot
    {
        private readonly List<int> _always = [];
        private readonly List<(Transform[] Chain, Dictionary<(string, bool), List<int>> Literals)> _chains = [];

        public void Add(int signature, Transform[] transforms, PrefilterChoice choice)
        {
            if (choice.Literal is null)
            {
                _always.Add(signature);
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

        public BufferPrefilter Build(Dictionary<string, LiteralPrefilter> made)
        {
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
            return new(plain, [.. _always], [.. transformed]);
        }
    }
}
