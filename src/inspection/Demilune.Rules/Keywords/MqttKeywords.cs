using System.Globalization;
using Demilune.Rules.Buffers;
using Demilune.Rules.Matching;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary>Keywords about MQTT packets that are no buffers of text.</summary>
internal static class MqttKeywords
{
    private static readonly string[] s_types =
        ["UNASSIGNED", "CONNECT", "CONNACK", "PUBLISH", "PUBACK", "PUBREC", "PUBREL", "PUBCOMP", "SUBSCRIBE", "SUBACK", "UNSUBSCRIBE", "UNSUBACK", "PINGREQ", "PINGRESP", "DISCONNECT", "AUTH"];

    public static SyntaxFault? Type(SignatureBuilder signature, OptionSyntax option)
    {
        var text = (option.Value ?? "").Trim();
        var number = Array.FindIndex(s_types, name => name.Equals(text.TrimStart('!').Trim(), StringComparison.OrdinalIgnoreCase));
        if (number >= 0) return ProtocolNumber.Add(signature, option, BufferId.MqttType, new(number, number, text.StartsWith('!')));
        return option.Fault($"There is no MQTT packet '{text}'; for example CONNECT, PUBLISH, SUBSCRIBE.");
    }

    public static SyntaxFault? Qos(SignatureBuilder signature, OptionSyntax option) =>
        int.TryParse(option.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var level) && level <= 2
            ? ProtocolNumber.Add(signature, option, BufferId.MqttQos, new(level, level))
            : option.Fault("mqtt.qos is 0, 1 or 2.");

    public static SyntaxFault? SessionPresent(SignatureBuilder signature, OptionSyntax option)
    {
        int? wanted = (option.Value ?? "").ToLowerInvariant() switch { "yes" or "true" => 1, "no" or "false" => 0, _ => null };
        return wanted is { } value ? ProtocolNumber.Add(signature, option, BufferId.MqttSessionPresent, new(value, value)) : option.Fault("mqtt.connack.session_present is yes or no.");
    }

    public static SyntaxFault? Flags(SignatureBuilder signature, OptionSyntax option) =>
        Flags(signature, option, BufferId.MqttFlags, [("retain", 1), ("dup", 2)]);

    public static SyntaxFault? ConnectFlags(SignatureBuilder signature, OptionSyntax option) =>
        Flags(signature, option, BufferId.MqttConnectFlags, [("username", 0x80), ("password", 0x40), ("will_retain", 0x20), ("will", 4), ("clean_session", 2)]);

    private static SyntaxFault? Flags(SignatureBuilder signature, OptionSyntax option, BufferId buffer, (string Name, int Bit)[] known)
    {
        var (set, clear) = (0, 0);
        foreach (var word in (option.Value ?? "").Split(',', StringSplitOptions.TrimEntries))
        {
            var bit = Array.Find(known, flag => flag.Name == word.TrimStart('!').Trim()).Bit;
            if (bit == 0) return option.Fault($"'{option.Name}' knows {string.Join(", ", known.Select(flag => flag.Name))}, each with or without !, not '{word}'.");
            if (word.StartsWith('!')) clear |= bit;
            else set |= bit;
        }
        if (!signature.Options.Provides(buffer)) return option.NameFault($"'{option.Name}' is not supported: this engine does not read it. The rule is not loaded.");
        signature.AddTo(buffer, new FixedDraft(option.NamePosition, new BitsStep(set, clear)));
        return null;
    }
}
