namespace Demilune.Rules.Syntax;

/// <summary>Why one rule was not loaded.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1, in characters of the line.</param>
/// <param name="Message">What is wrong and what would be right.</param>
/// <param name="Sid">The rule's, or 0 if it could not be read.</param>
public sealed record RuleError(string Source, int Line, int Column, string Message, uint Sid)
{
    /// <summary>The part of the engine that says so, for logs.</summary>
    public string Topic { get; init; } = "detect";

    /// <summary>The rule as written; empty where it is about none.</summary>
    public string Text { get; init; } = "";

    public override string ToString() => $"{Source}:{Line}:{Column}: {Message}{(Sid == 0 ? "" : $" (sid {Sid})")}";
}
