using Demilune.Wire.DceRpc;
using Demilune.Wire.Smb;

namespace Demilune.Fuzz.Targets;

/// <summary>SMB and DCE/RPC of any bytes, in both directions and in pieces: nothing may throw.</summary>
internal static class SmbTarget
{
    public static FuzzTarget Messages { get; } = new("smb", "frames and messages of SMB, and what may be in them", bytes =>
    {
        SmbDetection.OfStream(bytes);
        if (DceDatagram.TryView(bytes, out var datagram)) _ = (datagram.Interface, datagram.Activity, datagram.Operation, datagram.Stub.Length);
        NtlmMessage.Find(bytes);
        foreach (var isClient in (bool[])[true, false])
        {
            var reader = new SmbReader(isClient);
            var calls = new DceReader();
            ReadOnlySpan<byte> rest = bytes;
            for (var length = 1; !rest.IsEmpty; length = length * 3 % 97 + 1)
            {
                var piece = rest[..Math.Min(length, rest.Length)];
                rest = rest[piece.Length..];
                reader.Feed(piece, new Checked());
                while (calls.TryRead(ref piece, out var fragment)) Check(fragment);
            }
            DceDetection.OfStream(isClient, bytes);
        }
    });

    private static void Check(DceFragment fragment)
    {
        DceBinding.ReadContexts(fragment, new List<DceInterface>());
        DceBinding.ReadResults(fragment, new List<(ushort, ushort)>());
        _ = fragment.Stub;
    }

    private sealed class Checked : ISmbEvents
    {
        public void Message2(ReadOnlySpan<byte> message, long dataLength)
        {
            if (dataLength < 0) throw new InvalidOperationException("less than no data");
            var header = new Smb2Header(message);
            _ = header.Slice(header.Command, dataLength);
        }

        public void Data(ReadOnlySpan<byte> bytes, bool isLast)
        {
        }

        public void Message1(ReadOnlySpan<byte> message) => _ = message[31];

        public void Opaque()
        {
        }

        public void Malformed()
        {
        }
    }
}
