using System.Buffers.Binary;

namespace Demilune.Wire.DceRpc;

/// <summary>What a client binds to, and what the server says to it: the lists of BIND, ALTER_CONTEXT and their answers (C706 §12.6.3.1, §12.6.4).</summary>
public static class DceBinding
{
    /// <summary>Contexts of one BIND that are read. Windows proposes a handful.</summary>
    public const int MaxContexts = 64;

    /// <summary>Reads the contexts that are proposed.</summary>
    public static void ReadContexts(DceFragment bind, ICollection<DceInterface> interfaces)
    {
        var body = bind.Body;
        if (body.Length < 12) return;
        var count = Math.Min((int)body[8], MaxContexts);
        var at = 12;
        for (var i = 0; i < count && body.Length - at >= 24; i++)
        {
            var context = bind.U16(DceFragment.HeaderLength + at);
            var transfers = body[at + 2];
            var id = ReadGuid(body.Slice(at + 4, 16), bind.IsLittleEndian);
            var (major, minor) = (bind.U16(DceFragment.HeaderLength + at + 20), bind.U16(DceFragment.HeaderLength + at + 22));
            interfaces.Add(new(context, id, major, minor));
            at += 24 + transfers * 20;
        }
    }

    /// <summary>Reads the results, in the order of the contexts.</summary>
    public static void ReadResults(DceFragment answer, ICollection<(ushort Result, ushort Reason)> results)
    {
        var body = answer.Body;
        if (body.Length < 10) return;
        var at = 10 + answer.U16(DceFragment.HeaderLength + 8);
        at += (4 - (at + DceFragment.HeaderLength) % 4) % 4;
        if (body.Length - at < 4) return;
        var count = Math.Min((int)body[at], MaxContexts);
        at += 4;
        for (var i = 0; i < count && body.Length - at >= 24; i++, at += 24)
            results.Add((answer.U16(DceFragment.HeaderLength + at), answer.U16(DceFragment.HeaderLength + at + 2)));
    }

    private static Guid ReadGuid(ReadOnlySpan<byte> bytes, bool isLittleEndian) => new(bytes, bigEndian: !isLittleEndian);
}

/// <summary>An interface that a client wants to call.</summary>
/// <param name="Context">The number that requests name it by.</param>
/// <param name="Id">Its UUID.</param>
/// <param name="Major">Version.</param>
/// <param name="Minor">Version.</param>
public readonly record struct DceInterface(ushort Context, Guid Id, ushort Major, ushort Minor);
