namespace Demilune.Rules.Syntax;

/// <summary>What is wrong at one place of a source text.</summary>
/// <param name="Position">Offset in the text; <see cref="SourceText.Locate"/> makes line and column of it.</param>
public sealed record SyntaxFault(int Position, string Message)
{
    /// <summary>The part of the engine that says so, for logs.</summary>
    public string Topic { get; init; } = "detect";
}
