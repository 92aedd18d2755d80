using System.Globalization;
using Demilune.Rules.Buffers;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary><c>ike.chosen_sa_attribute:NAME=NUMBER</c></summary>
internal static class IkeKeywords
{
    /// <summary>By their numbers, from 1 on.</summary>
    private static readonly string[] s_attributes =
    [
        "alg_enc", "alg_hash", "alg_auth", "alg_dh", "sa_group_type", "sa_group_prime", "sa_group_generator_one", "sa_group_generator_two",
        "sa_group_curve_a", "sa_group_curve_b", "sa_life_type", "sa_life_duration", "alg_prf", "sa_key_length", "sa_field_size", "sa_group_order",
    ];

    public static SyntaxFault? ChosenAttribute(SignatureBuilder signature, OptionSyntax option)
    {
        var parts = (option.Value ?? "").Split('=', StringSplitOptions.TrimEntries);
        var type = parts.Length == 2 ? Array.IndexOf(s_attributes, parts[0]) + 1 : 0;
        if (type == 0 || !uint.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var value))
            return option.Fault($"ike.chosen_sa_attribute is written NAME=NUMBER, with a name of {string.Join(", ", s_attributes)}.");
        var number = (long)type << 32 | value;
        return ProtocolNumber.Add(signature, option, BufferId.IkeChosenAttribute, new(number, number));
    }
}
