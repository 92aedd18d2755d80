using System.Collections.Frozen;
using Demilune.Rules.Headers;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary><c>ipopts:rr|lsrr|ssrr|ts|sec|esec|satid|eol|nop|qs|cipso|rtralt|any</c>: the IPv4 header has that option.</summary>
internal static class IpOptionsKeyword
{
    /// <summary>Bits of <see cref="PacketFacts.IpOptions"/>.</summary>
    private static readonly FrozenDictionary<string, ushort> s_bits = new Dictionary<string, ushort>
    {
        ["rr"] = 1, ["lsrr"] = 2, ["lsrre"] = 2, ["ssrr"] = 4, ["ts"] = 8, ["sec"] = 16, ["satid"] = 32, ["eol"] = 64, ["nop"] = 128, ["qs"] = 256,
        ["cipso"] = 512, ["rtralt"] = 1024, ["esec"] = 2048, ["any"] = 0xffff,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    public static SyntaxFault? Parse(SignatureBuilder signature, OptionSyntax option)
    {
        if (!s_bits.TryGetValue((option.Value ?? "").Trim(), out var bits)) return option.Fault($"ipopts is one of {string.Join(", ", s_bits.Keys.Order())}.");
        signature.PacketConditions.Add(new HasOption(bits));
        return null;
    }

    private sealed class HasOption(ushort bits) : PacketCondition
    {
        public override bool Holds(in PacketFacts facts) => (facts.IpOptions & bits) != 0;
    }
}
