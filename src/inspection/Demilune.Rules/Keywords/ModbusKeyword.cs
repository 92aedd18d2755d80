using System.Globalization;
using Demilune.Rules.Buffers;
using Demilune.Rules.Matching;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary>
/// <c>modbus:[unit RANGE,] function N[, subfunction N]</c>, <c>function [!]assigned|unassigned|public|user|reserved|all</c>, or
/// <c>access read|write [discretes|coils|input|holding][, address RANGE[, value RANGE]]</c>; a range is n, &lt;n, &gt;n or a&lt;&gt;b.
/// </summary>
internal static class ModbusKeyword
{
    public static SyntaxFault? Parse(SignatureBuilder signature, OptionSyntax option)
    {
        if (!signature.Options.Provides(BufferId.ModbusRequest)) return option.NameFault("'modbus' is not supported: this engine does not read it. The rule is not loaded.");
        var step = new ModbusConditions();
        foreach (var part in (option.Value ?? "").Trim('"', ' ').Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            if (Add(part, ref step) is { } wrong) return option.Fault(wrong);
        if (step is { Unit: null, Function: null, Categories: 0, Access: 0 }) return option.Fault("modbus asks for a unit, a function or an access.");
        if (step is { Value: not null, Address: not { IsSingle: true } }) return option.Fault("A value is asked for at one address.");
        if (step.Value is not null && step.Access != ModbusConditions.Write) return option.Fault("Only what is written has a value.");
        signature.AddTo(BufferId.ModbusRequest, new FixedDraft(option.NamePosition, new ModbusStep(step)));
        return null;
    }

    /// <returns>What is wrong.</returns>
    private static string? Add(string part, ref ModbusConditions step)
    {
        var words = part.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        switch (words)
        {
            case ["unit", ..] when ModbusRange.TryParse(part[4..], out var unit): step = step with { Unit = unit }; return null;
            case ["function", var word]: return AddFunction(word, ref step);
            case ["subfunction", var word] when Number(word, ushort.MaxValue, out var code): step = step with { Subfunction = code }; return null;
            case ["access", "read" or "write", ..] when words.Length <= 3: return AddAccess(words, ref step);
            case ["address", ..] when step.Access != 0 && ModbusRange.TryParse(part[7..], out var address): step = step with { Address = address }; return null;
            case ["value", ..] when ModbusRange.TryParse(part[5..], out var value): step = step with { Value = value }; return null;
            default: return $"modbus does not know '{part}'.";
        }
    }

    private static string? AddFunction(string word, ref ModbusConditions step)
    {
        if (Number(word, byte.MaxValue, out var code))
        {
            step = step with { Function = code };
            return code == 0 ? "There is no Modbus function 0." : null;
        }
        int? named = word.TrimStart('!') switch
        {
            "assigned" => ModbusConditions.Assigned,
            "unassigned" => ModbusConditions.Unassigned,
            "public" => ModbusConditions.Assigned | ModbusConditions.Unassigned,
            "user" => ModbusConditions.UserDefined,
            "reserved" => ModbusConditions.Reserved,
            "all" => ModbusConditions.AllCategories,
            _ => null,
        };
        if (named is not { } categories) return $"There is no category of Modbus functions '{word}'; there are assigned, unassigned, public, user, reserved and all.";
        step = step with { Categories = word[0] == '!' ? ModbusConditions.AllCategories & ~categories : categories };
        return null;
    }

    private static string? AddAccess(string[] words, ref ModbusConditions step)
    {
        var access = words[1] == "read" ? ModbusConditions.Read : ModbusConditions.Write;
        int? table = words.Length < 3 ? 0 : words[2] switch
        {
            "discretes" => ModbusConditions.Discretes,
            "coils" => ModbusConditions.Coils,
            "input" => ModbusConditions.Input,
            "holding" => ModbusConditions.Holding,
            _ => null,
        };
        if (table is not { } of) return $"Modbus has discretes, coils, input and holding, not '{words[2]}'.";
        if (access == ModbusConditions.Write && of is ModbusConditions.Discretes or ModbusConditions.Input) return $"Nobody writes {words[2]}.";
        step = step with { Access = access, Table = of };
        return null;
    }

    private static bool Number(string word, int most, out int number) => int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= most;
}
