using Demilune.Rules.Buffers;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary><c>content:[!]"bytes"</c></summary>
internal static class Content
{
    /// <summary>As in Suricata, which keeps lengths in 16 bits; ET Open's longest has 255.</summary>
    private const int MaxLength = 4096;

    public static SyntaxFault? Parse(SignatureBuilder signature, OptionSyntax option)
    {
        if (Quoted.TryBytes(option, out var bytes, out var isNegated) is { } fault) return fault;
        if (bytes.Length == 0) return option.Fault("An empty content would match everywhere.");
        if (bytes.Length > MaxLength) return option.Fault($"A content may have at most {MaxLength} bytes.");
        signature.Add(new ContentDraft(option.NamePosition, bytes, isNegated));
        return null;
    }

    /// <summary><c>uricontent:[!]"bytes"</c>, the oldest way to say content with http.uri.</summary>
    public static SyntaxFault? ParseUri(SignatureBuilder signature, OptionSyntax option)
    {
        if (signature.Sticky is { } sticky) return option.NameFault($"'uricontent' is a content of its own buffer, and the rule speaks of {sticky.Name} here.");
        if (Parse(signature, option) is { } fault) return fault;
        signature.MoveLastContent(BufferId.HttpUri);
        return null;
    }
}
