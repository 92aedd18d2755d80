using System.Globalization;
using Demilune.Rules.Buffers;
using Demilune.Rules.Matching;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary>Keywords about DNP3 fragments that are no buffers of text.</summary>
internal static class Dnp3Keywords
{
    /// <summary>By their codes, from 0 on.</summary>
    private static readonly string[] s_requests =
    [
        "confirm", "read", "write", "select", "operate", "direct_operate", "direct_operate_nr", "immed_freeze", "immed_freeze_nr", "freeze_clear", "freeze_clear_nr",
        "freeze_at_time", "freeze_at_time_nr", "cold_restart", "warm_restart", "initialize_data", "initialize_appl", "start_appl", "stop_appl", "save_config",
        "enable_unsolicited", "disable_unsolicited", "assign_class", "delay_measure", "record_current_time", "open_file", "close_file", "delete_file",
        "get_file_info", "authenticate_file", "abort_file", "activate_config", "authenticate_req", "authenticate_err",
    ];

    /// <summary>By their codes, from 129 on.</summary>
    private static readonly string[] s_responses = ["response", "unsolicited_response", "authenticate_resp"];

    /// <summary>From the highest bit to the lowest.</summary>
    private static readonly string[] s_indications =
    [
        "device_restart", "device_trouble", "local_control", "need_time", "class_3_events", "class_2_events", "class_1_events", "all_stations",
        "reserved_1", "reserved_2", "config_corrupt", "already_executing", "event_buffer_overflow", "parameter_error", "object_unknown", "no_func_code_support",
    ];

    /// <summary><c>dnp3_func:NUMBER</c> or a name.</summary>
    public static SyntaxFault? Function(SignatureBuilder signature, OptionSyntax option)
    {
        var text = (option.Value ?? "").Trim();
        if (!TryByte(text, out var code))
        {
            var (request, response) = (Find(s_requests, text), Find(s_responses, text));
            if (request < 0 && response < 0) return option.Fault($"There is no DNP3 function '{text}'; for example read, write, cold_restart, or a number up to 255.");
            code = request >= 0 ? request : 129 + response;
        }
        return ProtocolNumber.Add(signature, option, BufferId.Dnp3Function, new(code, code));
    }

    /// <summary><c>dnp3_obj:GROUP,VARIATION</c></summary>
    public static SyntaxFault? Object(SignatureBuilder signature, OptionSyntax option)
    {
        var parts = (option.Value ?? "").Split(',', StringSplitOptions.TrimEntries);
        if (parts.Length != 2 || !TryByte(parts[0], out var group) || !TryByte(parts[1], out var variation)) return option.Fault("dnp3_obj takes a group and a variation: 'dnp3_obj:12,1'.");
        var number = group << 8 | variation;
        return ProtocolNumber.Add(signature, option, BufferId.Dnp3Object, new(number, number));
    }

    /// <summary><c>dnp3_ind:NAME,NAME…</c> or a number: one of them is enough.</summary>
    public static SyntaxFault? Indications(SignatureBuilder signature, OptionSyntax option)
    {
        var text = (option.Value ?? "").Trim();
        if (!TryNumber(text, out var bits))
        {
            foreach (var word in text.Split(',', StringSplitOptions.TrimEntries))
            {
                var at = Find(s_indications, word);
                if (at < 0) return option.Fault($"There is no DNP3 indication '{word}'; for example device_restart, need_time, parameter_error.");
                bits |= 0x8000 >> at;
            }
        }
        if (!signature.Options.Provides(BufferId.Dnp3Indications)) return option.NameFault($"'{option.Name}' is not supported: this engine does not read it. The rule is not loaded.");
        signature.AddTo(BufferId.Dnp3Indications, new FixedDraft(option.NamePosition, new AnyBitStep(bits)));
        return null;
    }

    private static int Find(string[] names, string name) => Array.FindIndex(names, known => known.Equals(name, StringComparison.OrdinalIgnoreCase));

    private static bool TryByte(string text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= byte.MaxValue;

    private static bool TryNumber(string text, out int number) => text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
        ? int.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number) && number is >= 0 and <= ushort.MaxValue
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= ushort.MaxValue;
}
