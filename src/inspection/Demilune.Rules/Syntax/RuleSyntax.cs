namespace Demilune.Rules.Syntax;

/// <summary>A word of the header and where it stands.</summary>
public readonly record struct Word(string Text, int Position)
{
    public SyntaxFault Fault(string message, int offset = 0) => new(Position + offset, message);
}

/// <summary>One rule, taken apart but not yet understood.</summary>
/// <param name="Position">Of its first character.</param>
/// <param name="End">Just past its closing parenthesis.</param>
public sealed record RuleSyntax(
    int Position, int End, Word Action, Word Protocol, Word Source, Word SourcePorts, Word Direction, Word Destination, Word DestinationPorts,
    IReadOnlyList<OptionSyntax> Options);
