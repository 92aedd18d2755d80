using System.Globalization;
using Demilune.Rules.Buffers;
using Demilune.Rules.Matching;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary>Keywords about LDAP that are no buffers of text.</summary>
internal static class LdapKeywords
{
    public static SyntaxFault? RequestOperation(SignatureBuilder signature, OptionSyntax option) => NamedNumber.Parse(signature, option, BufferId.LdapRequestOperation, LdapNumbers.Operations);

    public static SyntaxFault? ResponsesOperation(SignatureBuilder signature, OptionSyntax option) => Indexed(signature, option, BufferId.LdapResponsesOperation, LdapNumbers.Operations);

    public static SyntaxFault? ResultCode(SignatureBuilder signature, OptionSyntax option) => Indexed(signature, option, BufferId.LdapResponsesResultCode, LdapNumbers.Results);

    /// <summary><c>NAME:number[,all|any|index]</c></summary>
    private static SyntaxFault? Indexed(SignatureBuilder signature, OptionSyntax option, BufferId buffer, IReadOnlyList<(string Name, int Number)> names)
    {
        var parts = (option.Value ?? "").Split(',', StringSplitOptions.TrimEntries);
        var (quantity, index) = (ListQuantity.Any, 0);
        if (parts.Length > 2 || !NamedNumber.TryParse(parts[0], names, out var range) || (parts.Length == 2 && !TryPlace(parts[1], out quantity, out index)))
            return option.Fault($"'{option.Name}' takes a number or a name, and if wanted 'any', 'all' or which: 0 is the first, -1 the last.");
        if (!signature.Options.Provides(buffer)) return option.NameFault($"'{option.Name}' is not supported: this engine does not read it. The rule is not loaded.");
        signature.AddTo(buffer, new FixedDraft(option.NamePosition, new ListedNumberStep(range, quantity, index)));
        return null;
    }

    private static bool TryPlace(string text, out ListQuantity quantity, out int index)
    {
        (quantity, index) = (text switch { "any" => ListQuantity.Any, "all" => ListQuantity.All, _ => ListQuantity.One }, 0);
        return quantity != ListQuantity.One || int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out index);
    }
}
