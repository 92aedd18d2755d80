using Demilune.Rules.Classifications;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary>What a rule is called and where it comes from: <c>msg sid gid rev classtype priority reference metadata target</c>.</summary>
internal static class Identity
{
    public static SyntaxFault? Message(SignatureBuilder signature, OptionSyntax option)
    {
        if (Quoted.TryText(option, out var text) is { } fault) return fault;
        signature.Message = text;
        return null;
    }

    public static SyntaxFault? Sid(SignatureBuilder signature, OptionSyntax option)
    {
        if (!uint.TryParse(option.Value, out var sid) || sid == 0) return option.Fault("sid is a whole number from 1 to 4294967295.");
        signature.Sid = sid;
        return null;
    }

    public static SyntaxFault? Gid(SignatureBuilder signature, OptionSyntax option)
    {
        if (!uint.TryParse(option.Value, out var gid)) return option.Fault("gid is a whole number.");
        signature.Gid = gid;
        return null;
    }

    public static SyntaxFault? Rev(SignatureBuilder signature, OptionSyntax option)
    {
        if (!uint.TryParse(option.Value, out var rev)) return option.Fault("rev is a whole number.");
        signature.Rev = rev;
        return null;
    }

    public static SyntaxFault? ClassType(SignatureBuilder signature, OptionSyntax option)
    {
        if (string.IsNullOrEmpty(option.Value)) return option.Fault("classtype names a class, as in classtype:web-application-attack;");
        // Suricata, too, takes an unknown class with a warning and priority 3.
        signature.Class = signature.Options.Classifications.GetValueOrDefault(option.Value) ?? new Classification(option.Value, option.Value, 3);
        return null;
    }

    public static SyntaxFault? Priority(SignatureBuilder signature, OptionSyntax option)
    {
        if (!byte.TryParse(option.Value, out var priority) || priority == 0) return option.Fault("priority is a whole number from 1 (worst) to 255.");
        signature.Priority = priority;
        return null;
    }

    public static SyntaxFault? Reference(SignatureBuilder signature, OptionSyntax option)
    {
        if (option.Value?.Split(',', 2) is not [var system, var value] || system.Length == 0 || value.Length == 0)
            return option.Fault("reference has a kind and a value, as in reference:cve,2021-44228;");
        signature.References.Add(new(system.Trim(), value.Trim().Replace("\\;", ";", StringComparison.Ordinal)));
        return null;
    }

    public static SyntaxFault? Metadata(SignatureBuilder signature, OptionSyntax option)
    {
        foreach (var item in (option.Value ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var blank = item.IndexOf(' ', StringComparison.Ordinal);
            signature.Metadata.Add(blank < 0 ? new(item, "") : new(item[..blank], item[(blank + 1)..].Trim()));
        }
        return null;
    }

    public static SyntaxFault? Target(SignatureBuilder signature, OptionSyntax option)
    {
        if (option.Value is not ("src_ip" or "dest_ip")) return option.Fault("target is src_ip or dest_ip.");
        signature.Target = option.Value;
        return null;
    }
}
