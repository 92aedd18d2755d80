using System.Globalization;
using Demilune.Rules.Headers;
using Demilune.Rules.Reputation;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary><c>iprep:src|dst|any|both,CATEGORY,&lt;|&gt;|=|&lt;=|&gt;=,VALUE</c></summary>
internal static class Iprep
{
    public static SyntaxFault? Parse(SignatureBuilder signature, OptionSyntax option)
    {
        if (option.Value?.Split(',', StringSplitOptions.TrimEntries) is not [var side, var name, var comparison, var text]
            || side is not ("src" or "dst" or "any" or "both") || comparison is not ("<" or ">" or "=" or "<=" or ">=")
            || !byte.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) || value > ReputationTable.MaxValue)
            return option.Fault($"iprep is written iprep:src|dst|any|both,CATEGORY,<|>|=|<=|>=,VALUE; with a value up to {ReputationTable.MaxValue}.");
        var table = signature.Options.Reputation;
        var category = table.Category(name);
        if (category < 0) return option.Fault($"unknown iprep category \"{name}\": no reputation list that is loaded has it.");
        signature.PacketConditions.Add(new Condition(table, side, category, comparison, value));
        return null;
    }

    private sealed class Condition(ReputationTable table, string side, int category, string comparison, int value) : PacketCondition
    {
        public override bool Holds(in PacketFacts facts) => side switch
        {
            "src" => Holds(facts.Source),
            "dst" => Holds(facts.Destination),
            "any" => Holds(facts.Source) || Holds(facts.Destination),
            _ => Holds(facts.Source) && Holds(facts.Destination),
        };

        private bool Holds(UInt128 address)
        {
            // What no list speaks of is neither good nor bad.
            if (table.Of(category, address) is not (> 0 and var known)) return false;
            return comparison switch { "<" => known < value, ">" => known > value, "<=" => known <= value, ">=" => known >= value, _ => known == value };
        }
    }
}
