using System.Globalization;
using Demilune.Rules.Buffers;
using Demilune.Rules.Matching;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary><c>dcerpc.iface</c>, <c>dcerpc.opnum</c></summary>
internal static class DceKeywords
{
    /// <summary><c>dcerpc.iface:UUID[,[&lt;&gt;!=]version][,any_frag]</c>: the interface that a request calls, which the server has accepted.</summary>
    public static SyntaxFault? Interface(SignatureBuilder signature, OptionSyntax option)
    {
        var parts = (option.Value ?? "").Split(',', StringSplitOptions.TrimEntries);
        if (!Guid.TryParseExact(parts[0], "D", out var id)) return option.Fault($"'{parts[0]}' is no UUID, such as 367abb81-9844-35f1-ad32-98f038001003.");
        NumberRange? version = null;
        foreach (var part in parts.Skip(1))
        {
            if (part == "any_frag") continue;       // a request is judged whole, so each of its fragments is
            if (version is not null || !NumberRange.TryParse(part, endsBelong: false, out var range)) return option.Fault("dcerpc.iface takes a UUID, then a version such as =1, <2, >1 or !1, then any_frag.");
            version = range;
        }
        return Add(signature, option, BufferId.DceInterface, new DceInterfaceStep(id, version));
    }

    /// <summary><c>dcerpc.opnum:n</c>, <c>a-b</c>, lists of both with commas; <c>&gt;n</c>, <c>&lt;n</c>.</summary>
    public static SyntaxFault? Operation(SignatureBuilder signature, OptionSyntax option)
    {
        var ranges = new List<NumberRange>();
        foreach (var part in (option.Value ?? "").Split(',', StringSplitOptions.TrimEntries))
        {
            if (!NumberRange.TryParse(part, endsBelong: false, out var range)) return option.Fault("dcerpc.opnum takes numbers and ranges, as in dcerpc.opnum:15,20-25;");
            ranges.Add(range);
        }
        return Add(signature, option, BufferId.DceOperation, new NumberListStep([.. ranges]));
    }

    private static SyntaxFault? Add(SignatureBuilder signature, OptionSyntax option, BufferId buffer, MatchStep step)
    {
        if (!signature.Options.Provides(buffer))
            return option.NameFault(string.Create(CultureInfo.InvariantCulture, $"'{option.Name}' is not supported: this engine does not read DCERPC. The rule is not loaded."));
        signature.AddTo(buffer, new FixedDraft(option.NamePosition, step));
        return null;
    }
}
