namespace Demilune.Rules.Compile;

/// <summary>One <c>reference</c> option.</summary>
/// <param name="System">cve, url, cwe…</param>
public readonly record struct RuleReference(string System, string Value);
