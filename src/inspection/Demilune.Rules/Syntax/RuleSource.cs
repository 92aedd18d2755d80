namespace Demilune.Rules.Syntax;

/// <summary>Text of rules, and the name errors call it by (a file, a ConfigMap's key, <c>inline</c>).</summary>
public readonly record struct RuleSource(string Name, string Text);
