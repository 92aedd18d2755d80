using System.Globalization;
using Demilune.Rules.Headers;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary><c>stream_size:server|client|both|either,OPERATOR,BYTES</c></summary>
internal static class StreamSize
{
    public static SyntaxFault? Parse(SignatureBuilder signature, OptionSyntax option)
    {
        if (option.Value?.Split(',', StringSplitOptions.TrimEntries) is not [var side, var comparison, var number]
            || side is not ("server" or "client" or "both" or "either")
            || comparison is not ("<" or ">" or "=" or "!=" or "<=" or ">=")
            || !long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes))
            return option.Fault("stream_size is written stream_size:server|client|both|either,<|>|=|!=|<=|>=,BYTES;");
        signature.PacketConditions.Add(new Condition(side, comparison, bytes));
        return null;
    }

    private sealed class Condition(string side, string comparison, long bytes) : PacketCondition
    {
        public override bool Holds(in PacketFacts facts) => side switch
        {
            "server" => Compare(facts.ServerStreamBytes),
            "client" => Compare(facts.ClientStreamBytes),
            "both" => Compare(facts.ServerStreamBytes) && Compare(facts.ClientStreamBytes),
            _ => Compare(facts.ServerStreamBytes) || Compare(facts.ClientStreamBytes),
        };

        private bool Compare(long size) => comparison switch
        {
            "<" => size < bytes,
            ">" => size > bytes,
            "=" => size == bytes,
            "!=" => size != bytes,
            "<=" => size <= bytes,
            _ => size >= bytes,
        };
    }
}
