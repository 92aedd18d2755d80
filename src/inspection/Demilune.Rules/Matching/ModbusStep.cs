using System.Buffers.Binary;
using static Demilune.Rules.Matching.ModbusConditions;

namespace Demilune.Rules.Matching;

/// <summary>Conditions on a request of Modbus over TCP, which the buffer holds from its header on.</summary>
internal sealed class ModbusStep(ModbusConditions wanted) : MatchStep
{
    private const int UnitAt = 6, FunctionAt = 7, DataAt = 8;

    public override bool Holds(ref MatchRun run, int index)
    {
        var bytes = run.Bytes;
        if (bytes.Length < DataAt || (wanted.Unit is { } unit && !unit.Meets(bytes[UnitAt], bytes[UnitAt]))) return false;
        var function = bytes[FunctionAt];
        if (wanted.Access != 0) return AccessHolds(bytes, function) && run.Continue(index + 1);
        if (wanted.Categories != 0 && (CategoryOf(bytes, function) & wanted.Categories) == 0) return false;
        if (wanted.Function is { } code && code != function) return false;
        if (wanted.Subfunction is { } sub && !(function == 8 && Word(bytes, DataAt) == sub)) return false;
        return run.Continue(index + 1);
    }

    private bool AccessHolds(ReadOnlySpan<byte> bytes, byte function)
    {
        var (reads, writes, table) = function switch
        {
            1 => (true, false, Coils),
            2 => (true, false, Discretes),
            3 => (true, false, Holding),
            4 => (true, false, Input),
            5 or 15 => (false, true, Coils),
            6 or 16 or 22 => (false, true, Holding),
            23 => (true, true, Holding),
            _ => (false, false, 0),
        };
        var isRead = wanted.Access == Read;
        if (!(isRead ? reads : writes) || (wanted.Table != 0 && wanted.Table != table)) return false;
        if (wanted.Address is not { } address) return true;
        // Reading and writing in one has two places.
        var place = function == 23 && !isRead ? DataAt + 4 : DataAt;
        // On the wire the first element has address 0, in rules, as in the data model (§4.4), 1.
        var first = Word(bytes, place) + 1;
        var count = function is 5 or 6 or 22 ? 1 : Word(bytes, place + 2);
        if (bytes.Length < place + 4 || count == 0 || !address.Meets(first, first + count - 1)) return false;
        return wanted.Value is not { } value || (ValueAt(bytes, function, address.Low - first, place) is { } written && value.Meets(written, written));
    }

    private static int? ValueAt(ReadOnlySpan<byte> bytes, byte function, int index, int place)
    {
        if (function is 5 or 6) return Word(bytes, place + 2);
        if (function == 22) return null;
        var data = place + 5;
        if (function == 15) return data + index / 8 < bytes.Length ? bytes[data + index / 8] >> index % 8 & 1 : null;
        return data + index * 2 + 2 <= bytes.Length ? Word(bytes, data + index * 2) : null;
    }

    private static int CategoryOf(ReadOnlySpan<byte> bytes, byte function) => function switch
    {
        0 => 0,
        9 or 10 or 13 or 14 or 41 or 42 or 90 or 91 or 125 or 126 or 127 => Reserved,
        (>= 65 and <= 72) or (>= 100 and <= 110) => UserDefined,
        8 when Word(bytes, DataAt) is (> 4 and < 10) or > 21 => Reserved,
        43 when bytes.Length > DataAt && bytes[DataAt] is not (13 or 14) => Reserved,
        (>= 1 and <= 8) or 11 or 12 or (>= 15 and <= 24) or 43 => Assigned,
        _ => Unassigned,
    };

    private static int Word(ReadOnlySpan<byte> bytes, int at) => at + 2 <= bytes.Length ? BinaryPrimitives.ReadUInt16BigEndian(bytes[at..]) : 0;
}
