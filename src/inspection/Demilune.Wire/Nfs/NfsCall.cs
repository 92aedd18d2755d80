using Demilune.Wire.Rpc;

namespace Demilune.Wire.Nfs;

/// <summary>What a call of NFS (versions 2, 3 and 4: RFC 1094, 1813, 7530) is about, in place.</summary>
public ref struct NfsCall
{
    public const uint Program = 100_003;

    /// <summary>Operations of one compound that are read; clients send up to ten or so.</summary>
    private const int MaxOperations = 64;

    /// <summary>File or directory; empty: none.</summary>
    public ReadOnlySpan<byte> Handle { get; private set; }

    /// <summary>Within it; empty: none.</summary>
    public ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>Where it goes to, of a renaming.</summary>
    public ReadOnlySpan<byte> NewName { get; private set; }
    public long Offset { get; private set; }

    /// <summary>What is written.</summary>
    public ReadOnlySpan<byte> Data { get; private set; }
    public NfsAction Action { get; private set; }

    /// <summary>Of version 4 the operation that matters most; of others the procedure.</summary>
    public uint Procedure { get; private set; }

    /// <returns>False: the arguments end before they say; what was read stands.</returns>
    public static bool TryRead(uint version, uint procedure, ReadOnlySpan<byte> arguments, out NfsCall call)
    {
        call = new() { Procedure = procedure };
        var reader = new WireReader(arguments);
        return version switch
        {
            2 => call.ReadVersion2(reader),
            3 => call.ReadVersion3(reader),
            4 when procedure == 1 => call.ReadCompound(reader),
            _ => true,
        };
    }

    /// <summary>What is written in version 2 is not followed as a file, as in Suricata.</summary>
    private bool ReadVersion2(WireReader reader)
    {
        if (Procedure is 0 or 3) return true;
        Handle = reader.Take(32);
        switch (Procedure)
        {
            case 4 or 9 or 10 or 14 or 15:
                Name = Xdr.Opaque(ref reader);
                Action = Procedure switch { 4 => NfsAction.Lookup, 9 => NfsAction.Create, _ => NfsAction.None };
                break;
            case 6:
                Action = NfsAction.Read;
                Offset = reader.U32();
                break;
            case 11:
                Name = Xdr.Opaque(ref reader);
                reader.Take(32);
                NewName = Xdr.Opaque(ref reader);
                break;
        }
        return !reader.Failed;
    }

    private bool ReadVersion3(WireReader reader)
    {
        if (Procedure == 0) return true;
        Handle = Xdr.Opaque(ref reader);
        switch (Procedure)
        {
            case 3 or (>= 8 and <= 13):
                Name = Xdr.Opaque(ref reader);
                Action = Procedure switch { 3 => NfsAction.Lookup, 8 => NfsAction.Create, _ => NfsAction.None };
                break;
            case 6:
                Action = NfsAction.Read;
                Offset = (long)reader.U64();
                break;
            case 7:
                Action = NfsAction.Write;
                Offset = (long)reader.U64();
                reader.U64();
                Data = Xdr.Opaque(ref reader);
                break;
            case 14:
                Name = Xdr.Opaque(ref reader);
                Xdr.Opaque(ref reader);
                NewName = Xdr.Opaque(ref reader);
                break;
            case 21:
                Action = NfsAction.Commit;
                break;
        }
        return !reader.Failed;
    }

    /// <summary>RFC 7530 §14.2: operations one after another, of which those are read that need no knowledge of others.</summary>
    private bool ReadCompound(WireReader reader)
    {
        Xdr.Opaque(ref reader);
        reader.U32();
        var count = Math.Min(reader.U32(), MaxOperations);
        for (var i = 0u; i < count && !reader.Failed; i++)
        {
            var operation = reader.U32();
            switch (operation)
            {
                case 22: Handle = Xdr.Opaque(ref reader); continue;
                case 10 or 16 or 23 or 24 or 31 or 32: continue;
                case 3: reader.U32(); continue;
                case 9: reader.Take(Bitmap(reader.U32())); continue;
                case 30: reader.U64(); continue;
                case 53: reader.Take(16 + 16); continue;
                case 4: reader.Take(4 + 16); Procedure = operation; Action = NfsAction.Close; continue;
                case 5: reader.Take(12); Procedure = operation; Action = NfsAction.Commit; continue;
                case 15:
                    Name = Xdr.Opaque(ref reader);
                    (Procedure, Action) = (operation, NfsAction.Lookup);
                    continue;
                case 28:
                    Name = Xdr.Opaque(ref reader);
                    Procedure = operation;
                    continue;
                case 29:
                    Name = Xdr.Opaque(ref reader);
                    Procedure = operation;
                    NewName = Xdr.Opaque(ref reader);
                    continue;
                case 25:
                    reader.Take(16);
                    (Offset, Procedure, Action) = ((long)reader.U64(), operation, NfsAction.Read);
                    reader.U32();
                    continue;
                case 38:
                    reader.Take(16);
                    (Offset, Procedure, Action) = ((long)reader.U64(), operation, NfsAction.Write);
                    reader.U32();
                    Data = Xdr.Opaque(ref reader);
                    continue;
                default:
                    Procedure = operation;
                    return true;
            }
        }
        return !reader.Failed;
    }

    private static int Bitmap(uint words) => words <= 8 ? (int)words * 4 : -1;
}

/// <summary>What matters of an operation for following files.</summary>
public enum NfsAction : byte
{
    None, Lookup, Create, Read, Write, Commit, Close,
}
