using Demilune.Rules.Buffers;
using Demilune.Rules.Compile;

namespace Demilune.Rules.Matching;

internal static class SignatureEvaluation
{
    /// <summary>
    /// Instances of a multiple buffer that are looked at: one per header line or certificate, and a message may be made of thousands of them.
    /// The parsers cap theirs lower; this only bounds the loop.
    /// </summary>
    private const int MaxInstances = 1024;

    public static bool Matches<TBuffers>(Signature signature, ref TBuffers buffers, MatchContext context, ref uint matched)
        where TBuffers : IInspectionBuffers, allows ref struct
    {
        context.Begin();
        var tests = signature.TestArray;
        var all = true;
        for (var i = 0; i < tests.Length; i++)
        {
            if ((matched & 1u << i) != 0 || tests[i].HasEffect) continue;
            if (!Holds(tests[i], ref buffers, context))
            {
                // A test that may be remembered is worth trying even after another one failed; one that may not is not.
                all = false;
                continue;
            }
            if (tests[i].IsSticky) matched |= 1u << i;
        }
        for (var i = 0; all && signature.HasEffects && i < tests.Length; i++) all = !tests[i].HasEffect || Holds(tests[i], ref buffers, context);
        return all;
    }

    private static bool Holds<TBuffers>(BufferTest test, ref TBuffers buffers, MatchContext context)
        where TBuffers : IInspectionBuffers, allows ref struct
    {
        if (test.Buffer == BufferId.Stream && !test.StreamOnly)
            return HoldsIn(test, BufferId.PacketPayload, ref buffers, context) || HoldsIn(test, BufferId.Stream, ref buffers, context);
        return HoldsIn(test, test.Buffer, ref buffers, context);
    }

    private static bool HoldsIn<TBuffers>(BufferTest test, BufferId buffer, ref TBuffers buffers, MatchContext context)
        where TBuffers : IInspectionBuffers, allows ref struct
    {
        for (var instance = 0; instance < MaxInstances; instance++)
        {
            if (!buffers.TryGet(buffer, instance, out var view)) return false;
            var mark = context.EvidenceMark;
            var transformed = test.Transforms.Length > 0;
            var bytes = transformed ? context.Transform(view.Bytes, test.Transforms) : view.Bytes;
            var run = new MatchRun(bytes, transformed ? 0 : view.Offset, view.IsComplete, test.Steps, context)
            {
                Buffer = buffer, Instance = instance, Transformed = transformed, IsLittleEndian = view.IsLittleEndian,
            };
            if (run.Start()) return true;
            context.RewindEvidence(mark);
            if (!BufferCatalog.Get(buffer).IsMultiple) return false;
        }
        return false;
    }
}
