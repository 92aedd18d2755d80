using Demilune.Rules.Buffers;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary>Keywords that name the buffer which the following ones look into.</summary>
internal static class StickyBuffer
{
    public static SyntaxFault? Apply(SignatureBuilder signature, OptionSyntax option, BufferInfo buffer)
    {
        if (option.Value is not null) return option.Fault($"'{option.Name}' takes no value.");
        if (!signature.Options.Provides(buffer.Id))
            return option.NameFault($"'{option.Name}' is not supported: this engine does not extract it. The rule is not loaded.");
        signature.Stick(buffer);
        return null;
    }

    /// <summary>Back to the payload.</summary>
    public static SyntaxFault? Payload(SignatureBuilder signature, OptionSyntax option)
    {
        signature.Stick(null);
        return Outcome.Bare(option);
    }
}
