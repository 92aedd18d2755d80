using System.Buffers.Binary;

namespace Demilune.Wire.Rpc;

/// <summary>A message of ONC RPC (RFC 5531), in place.</summary>
public readonly ref struct RpcMessage
{
    /// <summary>Over streams each record has its length before it, and a bit that says whether it is the last of a message (§11).</summary>
    public const int MarkLength = 4;

    /// <summary>A record of more is refused: servers take reads and writes of 1 MiB.</summary>
    public const int MaxRecord = (1 << 20) + (64 << 10);

    private const uint VersionOfRpc = 2;

    public uint Xid { get; private init; }
    public bool IsCall { get; private init; }
    public uint Program { get; private init; }
    public uint Version { get; private init; }
    public uint Procedure { get; private init; }

    /// <summary>Of a call: 0 nobody, 1 a Unix user, 6 GSS …</summary>
    public uint Flavor { get; private init; }
    public ReadOnlySpan<byte> Credentials { get; private init; }

    /// <summary>Of a reply: 0 accepted, 1 denied.</summary>
    public uint ReplyStatus { get; private init; }

    /// <summary>Of an accepted reply: 0 done.</summary>
    public uint AcceptStatus { get; private init; }

    /// <summary>Arguments or results.</summary>
    public ReadOnlySpan<byte> Body { get; private init; }

    /// <summary>Of a record with its mark; 0: nobody sends such.</summary>
    public static int LengthOf(ReadOnlySpan<byte> mark) =>
        (BinaryPrimitives.ReadUInt32BigEndian(mark) & 0x7fff_ffff) is <= MaxRecord and var length ? MarkLength + (int)length : 0;

    /// <param name="bytes">Without a mark.</param>
    /// <param name="message">Its fields.</param>
    public static bool TryView(ReadOnlySpan<byte> bytes, out RpcMessage message)
    {
        message = default;
        var reader = new WireReader(bytes);
        var xid = reader.U32();
        switch (reader.U32())
        {
            case 0 when reader.U32() == VersionOfRpc:
                var (program, version, procedure, flavor) = (reader.U32(), reader.U32(), reader.U32(), reader.U32());
                var credentials = Xdr.Opaque(ref reader);
                reader.U32();
                Xdr.Opaque(ref reader);
                message = new() { Xid = xid, IsCall = true, Program = program, Version = version, Procedure = procedure, Flavor = flavor, Credentials = credentials, Body = reader.Rest };
                return !reader.Failed;
            case 1:
                var status = reader.U32();
                if (status > 1) return false;
                if (status == 1)
                {
                    message = new() { Xid = xid, ReplyStatus = 1 };
                    return !reader.Failed;
                }
                reader.U32();
                Xdr.Opaque(ref reader);
                var accept = reader.U32();
                message = new() { Xid = xid, AcceptStatus = accept, Body = reader.Rest };
                return !reader.Failed;
            default:
                return false;
        }
    }

    /// <summary>The Unix user of a call (§A.1).</summary>
    public bool TryUser(out ReadOnlySpan<byte> machine, out uint user, out uint group)
    {
        var reader = new WireReader(Credentials);
        reader.U32();
        machine = Xdr.Opaque(ref reader);
        (user, group) = (reader.U32(), reader.U32());
        return Flavor == 1 && !reader.Failed;
    }
}
