namespace Demilune.Rules.Syntax;

/// <summary>One <c>keyword;</c> or <c>keyword:value;</c>.</summary>
/// <param name="Name">As written; keywords are compared in lower case.</param>
/// <param name="Value">Without surrounding blanks, quotes kept, escapes not yet undone; null when there was no colon.</param>
/// <param name="NamePosition">Offset of the name in the source text.</param>
/// <param name="ValuePosition">Offset of the value in the source text.</param>
public sealed record OptionSyntax(string Name, string? Value, int NamePosition, int ValuePosition)
{
    /// <summary>A fault at the value, or at a place in it.</summary>
    public SyntaxFault Fault(string message, int offset = 0) => new(ValuePosition + offset, message);

    /// <summary>A fault of the keyword itself.</summary>
    public SyntaxFault NameFault(string message) => new(NamePosition, message);
}
