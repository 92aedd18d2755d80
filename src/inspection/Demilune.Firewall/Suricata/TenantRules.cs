using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using Demilune.Contracts.FirewallLink;
using Demilune.Firewall.Policies;

namespace Demilune.Firewall.Suricata;

/// <summary>A policy's rules as Suricata is to read them.</summary>
/// <param name="Files">Source as the policy names it → text.</param>
internal sealed partial record TenantRules(IReadOnlyList<(string Source, string Text)> Files)
{
    /// <returns>False: this engine cannot judge by the policy; <paramref name="errors"/> say why.</returns>
    public static bool TryRead(EnginePolicy policy, RuleLibrary library, [NotNullWhen(true)] out TenantRules? rules, out IReadOnlyList<string> errors)
    {
        var (files, wrong) = (new List<(string, string)>(), new List<string>());
        if (policy.Access is not null)
            wrong.Add("spec.allow:1:1: Suricata has no allow-lists: name a Firewall whose engine is demilune, or say it with pass and drop rules");
        foreach (var file in policy.Rules)
        {
            if (library.TryRead(file, out var source, out var error)) files.Add((source.Name, policy.Prevent ? source.Text : OnlyReporting(source.Text)));
            else wrong.Add(error);
        }
        rules = wrong.Count == 0 ? new(files) : null;
        errors = wrong;
        return rules is not null;
    }

    /// <summary>Every rule that would drop or reject only alerts. Lines stay where they are, so that errors do too.</summary>
    internal static string OnlyReporting(string text) => ActionOfRule().Replace(text, "alert");

    // At the start of a line that does not continue another one.
    [GeneratedRegex(@"(?<=(?:^|(?<!\\)\n)[ \t]*)(?:drop|rejectsrc|rejectdst|rejectboth|reject)(?=[ \t])")]
    private static partial System.Text.RegularExpressions.Regex ActionOfRule();
}
