using System.Globalization;
using Demilune.Rules.State;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary>Bits across flows: <c>hostbits:set|unset|isset|isnotset|toggle,NAME[,src|dst]</c>, <c>xbits:…,NAME,track ip_src|ip_dst|ip_pair[,expire N]</c></summary>
internal static class SharedBits
{
    /// <summary>As in Suricata.</summary>
    private const int HostbitSeconds = 300, XbitSeconds = 30;

    public static SyntaxFault? ParseHostbits(SignatureBuilder signature, OptionSyntax option)
    {
        var parts = (option.Value ?? "").Split(',', StringSplitOptions.TrimEntries);
        if (parts is ["noalert"])
        {
            signature.NoAlert = true;
            return null;
        }
        if (Begin(option, parts, out var action) is { } fault) return fault;
        if (parts.Length > 3) return option.Fault("hostbits is written hostbits:set,NAME[,src|dst];");
        BitOwner? owner = parts.Length < 3 ? BitOwner.Source : parts[2] switch { "src" => BitOwner.Source, "dst" => BitOwner.Destination, _ => null };
        if (owner is null) return option.Fault($"A host bit is src's or dst's, not '{parts[2]}'.");
        signature.State.Add(new SharedBitOperation(action, StateNames.SharedBit(parts[1]), owner.Value, TimeSpan.FromSeconds(HostbitSeconds)));
        return null;
    }

    public static SyntaxFault? ParseXbits(SignatureBuilder signature, OptionSyntax option)
    {
        var parts = (option.Value ?? "").Split(',', StringSplitOptions.TrimEntries);
        if (parts is ["noalert"])
        {
            signature.NoAlert = true;
            return null;
        }
        if (Begin(option, parts, out var action) is { } fault) return fault;
        if (parts.Length is < 3 or > 4) return option.Fault("xbits is written xbits:set,NAME,track ip_src|ip_dst|ip_pair[,expire SECONDS];");
        BitOwner? owner = Words(parts[2]) switch
        {
            ["track", "ip_src"] => BitOwner.Source,
            ["track", "ip_dst"] => BitOwner.Destination,
            ["track", "ip_pair"] => BitOwner.Pair,
            _ => null,
        };
        if (owner is null) return option.Fault($"xbits track ip_src, ip_dst or ip_pair, not '{parts[2]}'.");
        var seconds = XbitSeconds;
        if (parts.Length == 4 && !(Words(parts[3]) is ["expire", var number] && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out seconds) && seconds > 0))
            return option.Fault($"Expected 'expire SECONDS' (from 1), found '{parts[3]}'.");
        // A pair's bits are apart from those of its two hosts.
        var name = owner == BitOwner.Pair ? parts[1] + "\0pair" : parts[1];
        signature.State.Add(new SharedBitOperation(action, StateNames.SharedBit(name), owner.Value, TimeSpan.FromSeconds(seconds)));
        return null;
    }

    private static SyntaxFault? Begin(OptionSyntax option, string[] parts, out FlowbitAction action)
    {
        FlowbitAction? found = parts[0] switch
        {
            "set" => FlowbitAction.Set,
            "unset" => FlowbitAction.Unset,
            "toggle" => FlowbitAction.Toggle,
            "isset" => FlowbitAction.IsSet,
            "isnotset" => FlowbitAction.IsNotSet,
            _ => null,
        };
        action = found ?? default;
        if (found is null) return option.Fault($"'{option.Name}' can set, unset, toggle, isset, isnotset and noalert, not '{parts[0]}'.");
        return parts.Length < 2 || parts[1].Length == 0 || parts[1].Any(char.IsWhiteSpace) ? option.Fault("A bit has a name, without blanks.") : null;
    }

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
