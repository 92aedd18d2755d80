using CsCheck;
using Demilune.Wire.DceRpc;

namespace Demilune.Wire.Tests.DceRpc;

public sealed class DceReaderTests
{
    private static readonly Guid s_svcctl = new("367abb81-9844-35f1-ad32-98f038001003");

    [Fact]
    public void A_request_names_its_operation_and_has_its_arguments()
    {
        Assert.True(DceFragment.TryView(Fragment(DceType.Request, [0, 0, 0, 0, 1, 0, 15, 0, 0xaa, 0xbb]), out var request));
        Assert.Equal((DceType.Request, 7u, 1, 15), (request.Type, request.CallId, (int)request.Context, (int)request.Operation));
        Assert.Equal([0xaa, 0xbb], request.Stub.ToArray());
    }

    [Fact]
    public void A_bind_says_what_is_to_be_called()
    {
        var interfaces = new List<DceInterface>();
        Assert.True(DceFragment.TryView(Fragment(DceType.Bind, [0, 16, 0, 16, 0, 0, 0, 0, 1, 0, 0, 0, 3, 0, 1, 0, .. s_svcctl.ToByteArray(), 2, 0, 0, 0, .. new byte[20]]), out var bind));
        DceBinding.ReadContexts(bind, interfaces);
        Assert.Equal([new(3, s_svcctl, 2, 0)], interfaces);
    }

    [Fact]
    public void The_same_fragments_come_however_the_bytes_were_cut() =>
        Gen.Select(Gen.Int[0, 3].Array[1, 6], Gen.Int[1, 30]).Sample((kinds, length) =>
        {
            var bytes = kinds.SelectMany(kind => kind == 3 ? [5, 0, 99] : Fragment((DceType)(kind * 2), new byte[kind * 9])).ToArray();
            var whole = Read(bytes, int.MaxValue);
            Assert.Equal(whole, Read(bytes, 1));
            Assert.Equal(whole, Read(bytes, length));
        }, iter: 2000);

    [Fact]
    public void Any_bytes_end_without_a_throw() => Gen.Byte.Array[0, 200].Sample(bytes =>
    {
        Read(bytes, 7);
        foreach (var type in (DceType[])[DceType.Bind, DceType.BindAck, DceType.Request])
        {
            if (!DceFragment.TryView(Fragment(type, bytes), out var fragment)) continue;
            DceBinding.ReadContexts(fragment, new List<DceInterface>());
            DceBinding.ReadResults(fragment, new List<(ushort, ushort)>());
            _ = fragment.Stub;
        }
    }, iter: 3000);

    private static byte[] Fragment(DceType type, byte[] body) =>
        [5, 0, (byte)type, 3, 0x10, 0, 0, 0, (byte)(16 + body.Length), (byte)((16 + body.Length) >> 8), 0, 0, 7, 0, 0, 0, .. body];

    private static List<string> Read(byte[] bytes, int pieceLength)
    {
        var reader = new DceReader();
        var read = new List<string>();
        for (var at = 0; at < bytes.Length; at += Math.Min(pieceLength, bytes.Length - at))
        {
            ReadOnlySpan<byte> piece = bytes.AsSpan(at, Math.Min(pieceLength, bytes.Length - at));
            while (reader.TryRead(ref piece, out var fragment)) read.Add($"{fragment.Type} {fragment.Body.Length}");
        }
        return read;
    }
}
