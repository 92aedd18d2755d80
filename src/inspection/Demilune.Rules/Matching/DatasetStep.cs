using System.Buffers.Binary;
using Demilune.Rules.Datasets;

namespace Demilune.Rules.Matching;

internal enum DatasetCommand { IsSet, IsNotSet, Set, Unset }

/// <summary><c>dataset</c>: is the whole buffer an element? <c>set</c> and <c>unset</c> hold when they change something.</summary>
internal sealed class DatasetStep(Dataset set, DatasetCommand command) : MatchStep
{
    public override bool HasEffect => command >= DatasetCommand.Set;

    public override bool Holds(ref MatchRun run, int index)
    {
        if (!run.IsComplete || !run.Context.Spend(1)) return false;
        Span<byte> mapped = stackalloc byte[16];
        if (!Element.TryOf(set.Type, run.Bytes, mapped, out var element)) return command == DatasetCommand.IsNotSet && run.Continue(index + 1);
        // What follows in the chain has to hold before anything is changed.
        return command switch
        {
            DatasetCommand.IsSet => set.Contains(element) && run.Continue(index + 1),
            DatasetCommand.IsNotSet => !set.Contains(element) && run.Continue(index + 1),
            DatasetCommand.Set => run.Continue(index + 1) && set.Add(element),
            _ => run.Continue(index + 1) && set.Remove(element),
        };
    }
}

/// <summary><c>datarep</c>: the buffer is an element, and its reputation is so.</summary>
internal sealed class DatarepStep(Dataset set, char comparison, ushort value) : MatchStep
{
    public override bool Holds(ref MatchRun run, int index)
    {
        if (!run.IsComplete || !run.Context.Spend(1)) return false;
        Span<byte> mapped = stackalloc byte[16];
        if (!Element.TryOf(set.Type, run.Bytes, mapped, out var element) || !set.TryGetReputation(element, out var reputation)) return false;
        var holds = comparison switch { '<' => reputation < value, '>' => reputation > value, _ => reputation == value };
        return holds && run.Continue(index + 1);
    }
}

/// <summary>A buffer as an element of a set.</summary>
internal static class Element
{
    /// <param name="room">16 bytes, for an address that has to be written anew.</param>
    /// <returns>False: it cannot be one.</returns>
    public static bool TryOf(DatasetType type, ReadOnlySpan<byte> bytes, Span<byte> room, out ReadOnlySpan<byte> element)
    {
        element = bytes;
        switch (type)
        {
            case DatasetType.Md5: return bytes.Length == 16;
            case DatasetType.Sha256: return bytes.Length == 32;
            case DatasetType.Ipv4: return bytes.Length == 4;
            case DatasetType.Ipv6 when bytes.Length == 4:
                room.Clear();
                BinaryPrimitives.WriteUInt16BigEndian(room[10..], 0xffff);
                bytes.CopyTo(room[12..]);
                element = room;
                return true;
            case DatasetType.Ipv6: return bytes.Length == 16;
            default: return !bytes.IsEmpty;
        }
    }
}
