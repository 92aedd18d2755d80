using CsCheck;
using Demilune.Inspection.Reassembly;

namespace Demilune.Inspection.Tests.Reassembly;

public class SegmentStoreTests
{
    /// <summary>Against the obvious model: an array of bytes of which some are known. Numbers begin just before they wrap.</summary>
    [Fact]
    public void The_first_copy_of_each_byte_is_kept_in_any_order_of_arrival() =>
        Gen.Select(Gen.Int[0, 60], Gen.Byte.Array[1, 20]).Array[1, 40].Sample(pieces =>
        {
            var origin = uint.MaxValue - 20;
            var pool = new SegmentPool(1 << 20);
            var store = new SegmentStore();
            var model = new int[100];
            Array.Fill(model, -1);
            foreach (var (start, bytes) in pieces)
            {
                var agrees = true;
                for (var i = 0; i < bytes.Length; i++) agrees &= model[start + i] < 0 || model[start + i] == bytes[i];
                Assert.Equal(agrees, store.Agrees(origin + (uint)start, bytes));
                for (var i = 0; i < bytes.Length; i++)
                    if (model[start + i] < 0) model[start + i] = bytes[i];
                store.Add(origin + (uint)start, bytes, pool);
            }
            for (var at = 0; at < model.Length; at++)
            {
                var held = store.From(origin + (uint)at);
                Assert.Equal(model[at] < 0, held.IsEmpty);
                for (var i = 0; i < held.Length; i++) Assert.Equal(model[at + i], held[i]);
            }
            store.ReleaseBefore(origin + 100, pool);
            Assert.True(store.IsEmpty);
            Assert.Equal(0, pool.Rented);
        }, iter: 2000);
}
