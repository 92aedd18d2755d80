using Demilune.Rules.Buffers;
using Demilune.Rules.Matching;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary>Keywords about WebSocket frames that are no buffers of text.</summary>
internal static class WebSocketKeywords
{
    /// <summary>RFC 6455 §5.2.</summary>
    private static readonly (string Name, int Number)[] s_opcodes = [("continuation", 0), ("text", 1), ("binary", 2), ("close", 8), ("ping", 9), ("pong", 10)];

    private static readonly (string Name, int Bit)[] s_flags = [("fin", 0x80), ("comp", 0x40)];

    public static SyntaxFault? Opcode(SignatureBuilder signature, OptionSyntax option) => NamedNumber.Parse(signature, option, BufferId.WebSocketOpcode, s_opcodes);

    /// <summary>A number, bits of it (<c>&amp;0x40=0x40</c>), or names of bits.</summary>
    public static SyntaxFault? Flags(SignatureBuilder signature, OptionSyntax option)
    {
        var text = (option.Value ?? "").Trim();
        if (NumberRange.TryParse(text, endsBelong: false, out var range)) return ProtocolNumber.Add(signature, option, BufferId.WebSocketFlags, range);
        if (text.StartsWith('&')) return Masked(signature, option, text[1..].Split('=', StringSplitOptions.TrimEntries));
        var (set, clear) = (0, 0);
        foreach (var word in text.Split(',', StringSplitOptions.TrimEntries))
        {
            var bit = Array.Find(s_flags, flag => flag.Name == word.TrimStart('!').Trim()).Bit;
            if (bit == 0 || ((set | clear) & bit) != 0) return option.Fault("websocket.flags takes a number, '&mask=value', or a list of fin and comp, each once, with or without !.");
            if (word.StartsWith('!')) clear |= bit;
            else set |= bit;
        }
        return Bits(signature, option, set, clear);
    }

    private static SyntaxFault? Masked(SignatureBuilder signature, OptionSyntax option, string[] parts) =>
        parts.Length == 2 && NumberFieldSyntax.TryNumber(parts[0], out var mask) && NumberFieldSyntax.TryNumber(parts[1], out var value) && mask is > 0 and <= 0xff && (value & ~mask) == 0
            ? Bits(signature, option, value, mask & ~value)
            : option.Fault("'&mask=value' takes numbers up to 255, and a value within the mask.");

    private static SyntaxFault? Bits(SignatureBuilder signature, OptionSyntax option, long set, long clear)
    {
        if (!signature.Options.Provides(BufferId.WebSocketFlags)) return option.NameFault($"'{option.Name}' is not supported: this engine does not read it. The rule is not loaded.");
        signature.AddTo(BufferId.WebSocketFlags, new FixedDraft(option.NamePosition, new BitsStep(set, clear)));
        return null;
    }
}
