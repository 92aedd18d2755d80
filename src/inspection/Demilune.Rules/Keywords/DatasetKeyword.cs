using Demilune.Rules.Datasets;
using Demilune.Rules.Matching;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary><c>dataset:set|unset|isset|isnotset,NAME[,type T][,load F|save F|state F][,memcap N][,hashsize N]</c>, <c>datarep:NAME,&lt;|&gt;|==,N[,…]</c></summary>
internal static class DatasetKeyword
{
    /// <summary>As in Suricata.</summary>
    private const int MaxNameLength = 63;

    public static SyntaxFault? Parse(SignatureBuilder signature, OptionSyntax option)
    {
        var parts = (option.Value ?? "").Split(',', StringSplitOptions.TrimEntries);
        if (signature.Sticky is null) return option.NameFault("dataset asks about a sticky buffer, and none is named before it.");
        DatasetCommand? command = parts[0] switch
        {
            "set" => DatasetCommand.Set,
            "unset" => DatasetCommand.Unset,
            "isset" => DatasetCommand.IsSet,
            "isnotset" => DatasetCommand.IsNotSet,
            _ => null,
        };
        if (command is null) return option.Fault($"dataset can set, unset, isset and isnotset, not '{parts[0]}'.");
        if (parts.Length < 2) return option.Fault("dataset is written dataset:isset,NAME,type string,load FILE;");
        if (Open(signature, option, parts[1], parts.Skip(2), false, out var set) is { } fault) return fault;
        signature.Add(new FixedDraft(option.NamePosition, new DatasetStep(set, command.Value)));
        return null;
    }

    public static SyntaxFault? ParseReputation(SignatureBuilder signature, OptionSyntax option)
    {
        var parts = (option.Value ?? "").Split(',', StringSplitOptions.TrimEntries);
        if (signature.Sticky is null) return option.NameFault("datarep asks about a sticky buffer, and none is named before it.");
        if (parts.Length < 3 || parts[1] is not ("<" or ">" or "==") || !ushort.TryParse(parts[2], out var value))
            return option.Fault("datarep is written datarep:NAME,>,VALUE,load FILE,type string; with <, > or == and a value up to 65535.");
        if (Open(signature, option, parts[0], parts.Skip(3), true, out var set) is { } fault) return fault;
        signature.Add(new FixedDraft(option.NamePosition, new DatarepStep(set, parts[1][0], value)));
        return null;
    }

    private static SyntaxFault? Open(SignatureBuilder signature, OptionSyntax option, string name, IEnumerable<string> words, bool hasReputations, out Dataset set)
    {
        set = null!;
        if (name.Length is 0 or > MaxNameLength || name.Any(char.IsWhiteSpace)) return option.Fault($"The name of a set has 1 to {MaxNameLength} characters and no blanks.");
        DatasetType? type = null;
        string? load = null, save = null, state = null;
        foreach (var word in words)
        {
            switch (word.Split(' ', 2, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                case ["type", var value]:
                    type = value switch
                    {
                        "string" => DatasetType.String,
                        "md5" => DatasetType.Md5,
                        "sha256" => DatasetType.Sha256,
                        "ipv4" => DatasetType.Ipv4,
                        "ipv6" or "ip" => DatasetType.Ipv6,
                        _ => null,
                    };
                    if (type is null) return option.Fault($"bad type {value}: a set is of type string, md5, sha256, ipv4, ipv6 or ip.");
                    break;
                case ["load", var file]: load = file; break;
                case ["save", var file]: save = file; break;
                case ["state", var file]: state = file; break;
                // Ours have one limit for all.
                case ["memcap" or "hashsize", { Length: > 0 } number] when char.IsAsciiDigit(number[0]): break;
                default: return option.Fault($"'{option.Name}' does not know '{word}'.");
            }
        }
        if (state is not null && (load is not null || save is not null)) return option.Fault("'state' can not be mixed with 'load' and 'save'.");
        if (hasReputations && (save is not null || state is not null)) return option.Fault("Reputations are loaded, not saved.");
        var declaration = new DatasetDeclaration(name, type, state ?? load, state ?? save, state is not null, hasReputations);
        if (signature.Options.Datasets.Open(declaration, signature.Source, out var error) is not { } found) return option.Fault($"{error}.") with { Topic = "datasets" };
        set = found;
        return null;
    }
}
