using Demilune.Wire.Rpc;

namespace Demilune.Wire.Nfs;

/// <summary>What a reply of NFS brings, in place.</summary>
public ref struct NfsReply
{
    private const int MaxOperations = 64;

    /// <summary>0: done.</summary>
    public uint Status { get; private set; }

    /// <summary>Of a name that was looked up, or of a file that was made; empty: not told.</summary>
    public ReadOnlySpan<byte> Handle { get; private set; }

    /// <summary>What was read.</summary>
    public ReadOnlySpan<byte> Data { get; private set; }

    /// <summary>The file ends behind it.</summary>
    public bool IsEnd { get; private set; }

    /// <returns>False: the results end before they say; what was read stands.</returns>
    public static bool TryRead(uint version, NfsAction action, ReadOnlySpan<byte> results, out NfsReply reply)
    {
        reply = default;
        var reader = new WireReader(results);
        reply.Status = reader.U32();
        if (reply.Status != 0 && version != 4) return !reader.Failed;
        switch (version)
        {
            case 2 when action is NfsAction.Lookup or NfsAction.Create: reply.Handle = reader.Take(32); break;
            case 2 when action == NfsAction.Read:
                reader.Take(68);
                reply.Data = Xdr.Opaque(ref reader);
                break;
            case 3 when action == NfsAction.Lookup: reply.Handle = Xdr.Opaque(ref reader); break;
            case 3 when action == NfsAction.Create && reader.U32() == 1: reply.Handle = Xdr.Opaque(ref reader); break;
            case 3 when action == NfsAction.Read:
                if (reader.U32() == 1) reader.Take(84);
                reader.U32();
                reply.IsEnd = reader.U32() != 0;
                reply.Data = Xdr.Opaque(ref reader);
                break;
            case 4: return reply.ReadCompound(reader);
        }
        return !reader.Failed;
    }

    private bool ReadCompound(WireReader reader)
    {
        Xdr.Opaque(ref reader);
        var count = Math.Min(reader.U32(), MaxOperations);
        for (var i = 0u; i < count && !reader.Failed; i++)
        {
            var operation = reader.U32();
            if (reader.U32() != 0) return true;
            switch (operation)
            {
                case 15 or 16 or 22 or 23 or 24 or 30 or 31 or 32: continue;
                case 3: reader.U64(); continue;
                case 4: reader.Take(16); continue;
                case 5: reader.U64(); continue;
                case 53: reader.Take(16 + 20); continue;
                case 10: Handle = Xdr.Opaque(ref reader); continue;
                case 9:
                    var words = reader.U32();
                    reader.Take(words <= 8 ? (int)words * 4 : -1);
                    Xdr.Opaque(ref reader);
                    continue;
                case 25:
                    IsEnd = reader.U32() != 0;
                    Data = Xdr.Opaque(ref reader);
                    continue;
                default: return true;
            }
        }
        return !reader.Failed;
    }
}
