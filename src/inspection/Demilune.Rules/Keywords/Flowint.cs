using System.Globalization;
using Demilune.Rules.State;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary><c>flowint:NAME,MODIFIER[,VALUE|NAME]</c></summary>
internal static class Flowint
{
    public static SyntaxFault? Parse(SignatureBuilder signature, OptionSyntax option)
    {
        var parts = (option.Value ?? "").Split(',', StringSplitOptions.TrimEntries);
        if (parts.Length is < 2 or > 3 || parts[0].Length == 0 || parts[0].Any(char.IsWhiteSpace)) return option.Fault("flowint is written flowint:NAME,MODIFIER,VALUE;");
        FlowintAction? action = parts[1] switch
        {
            "=" => FlowintAction.Set,
            "+" => FlowintAction.Add,
            "-" => FlowintAction.Subtract,
            "<" => FlowintAction.Less,
            "<=" => FlowintAction.LessOrEqual,
            "==" => FlowintAction.Equal,
            "!=" => FlowintAction.NotEqual,
            ">=" => FlowintAction.GreaterOrEqual,
            ">" => FlowintAction.Greater,
            "isset" => FlowintAction.IsSet,
            "notset" or "isnotset" => FlowintAction.IsNotSet,
            _ => null,
        };
        if (action is null) return option.Fault($"flowint knows = + - < <= == != >= > isset and isnotset, not '{parts[1]}'.");
        var needsValue = action < FlowintAction.IsSet;
        if (needsValue != (parts.Length == 3)) return option.Fault(needsValue ? $"'{parts[1]}' needs a value." : $"'{parts[1]}' takes no value.");
        var slot = signature.Names.Counter(parts[0]);
        if (!needsValue) signature.State.Add(new FlowintOperation(action.Value, slot, 0));
        else if (uint.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var value)) signature.State.Add(new FlowintOperation(action.Value, slot, value));
        else if (parts[2].Length > 0 && !char.IsAsciiDigit(parts[2][0]) && parts[2][0] != '-') signature.State.Add(new FlowintOperation(action.Value, slot, 0, signature.Names.Counter(parts[2])));
        else return option.Fault($"'{parts[2]}' is neither a whole number below 2^32 nor the name of a counter.");
        return null;
    }
}
