using System.Globalization;
using Demilune.Rules.Headers;
using Demilune.Rules.Matching;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary>Conditions on headers of the packet at hand.</summary>
internal static class PacketKeywords
{
    private const byte Icmp = 1, Tcp = 6, Icmp6 = 58;

    /// <summary>Names of <c>ip_proto</c> (IANA: protocol-numbers, as /etc/protocols spells them).</summary>
    private static readonly Dictionary<string, byte> s_protocols = new(StringComparer.Ordinal)
    {
        ["ip"] = 0, ["hopopt"] = 0, ["icmp"] = 1, ["igmp"] = 2, ["ggp"] = 3, ["ipencap"] = 4, ["st"] = 5, ["tcp"] = 6, ["egp"] = 8, ["igp"] = 9, ["pup"] = 12, ["udp"] = 17,
        ["hmp"] = 20, ["xns-idp"] = 22, ["rdp"] = 27, ["iso-tp4"] = 29, ["dccp"] = 33, ["xtp"] = 36, ["ddp"] = 37, ["idpr-cmtp"] = 38, ["ipv6"] = 41, ["ipv6-route"] = 43,
        ["ipv6-frag"] = 44, ["idrp"] = 45, ["rsvp"] = 46, ["gre"] = 47, ["esp"] = 50, ["ipv6-esp"] = 50, ["ah"] = 51, ["ipv6-ah"] = 51, ["skip"] = 57, ["ipv6-icmp"] = 58,
        ["icmpv6"] = 58, ["ipv6-nonxt"] = 59, ["ipv6-opts"] = 60, ["rspf"] = 73, ["vmtp"] = 81, ["eigrp"] = 88, ["ospf"] = 89, ["ospfigp"] = 89, ["ax.25"] = 93, ["ipip"] = 94,
        ["etherip"] = 97, ["encap"] = 98, ["pim"] = 103, ["ipcomp"] = 108, ["vrrp"] = 112, ["l2tp"] = 115, ["isis"] = 124, ["sctp"] = 132, ["fc"] = 133, ["udplite"] = 136,
        ["mpls-in-ip"] = 137, ["hip"] = 139, ["shim6"] = 140, ["wesp"] = 141, ["rohc"] = 142,
    };

    public static SyntaxFault? PayloadSize(SignatureBuilder signature, OptionSyntax option)
    {
        signature.RequiresPacket = true;
        return Range(signature, option, static (in PacketFacts facts) => facts.PayloadLength);
    }

    public static SyntaxFault? Ttl(SignatureBuilder signature, OptionSyntax option) => Range(signature, option, static (in PacketFacts facts) => facts.Ttl);
    public static SyntaxFault? Tos(SignatureBuilder signature, OptionSyntax option)
    {
        // Hexadecimal begins with a bare x here.
        var text = (option.Value ?? "").Replace("x", "0x", StringComparison.OrdinalIgnoreCase).Replace("00x", "0x", StringComparison.Ordinal);
        return Range(signature, option with { Value = text }, static (in PacketFacts facts) => facts.IsIpv6 ? null : facts.Tos);
    }


    public static SyntaxFault? IpId(SignatureBuilder signature, OptionSyntax option) =>
        Range(signature, option, static (in PacketFacts facts) => facts.IsIpv6 ? null : facts.IpId);
    public static SyntaxFault? FragmentOffset(SignatureBuilder signature, OptionSyntax option) =>
        Range(signature, option, static (in PacketFacts facts) => facts.FragmentOffset);
    public static SyntaxFault? TcpSequence(SignatureBuilder signature, OptionSyntax option) =>
        Range(signature, option, static (in PacketFacts facts) => facts.IpProtocol == Tcp ? facts.TcpSequence : null);
    public static SyntaxFault? TcpAcknowledgment(SignatureBuilder signature, OptionSyntax option) =>
        Range(signature, option, static (in PacketFacts facts) => facts.IpProtocol == Tcp ? facts.TcpAcknowledgment : null);
    public static SyntaxFault? TcpWindow(SignatureBuilder signature, OptionSyntax option) =>
        Range(signature, option, static (in PacketFacts facts) => facts.IpProtocol == Tcp ? facts.TcpWindow : null);
    public static SyntaxFault? TcpMaximumSegment(SignatureBuilder signature, OptionSyntax option) =>
        Range(signature, option, static (in PacketFacts facts) => facts.TcpMaximumSegment == 0 ? null : facts.TcpMaximumSegment);
    public static SyntaxFault? IcmpType(SignatureBuilder signature, OptionSyntax option) =>
        Range(signature, option, static (in PacketFacts facts) => IsIcmp(in facts) ? facts.IcmpType : null);
    public static SyntaxFault? IcmpCode(SignatureBuilder signature, OptionSyntax option) =>
        Range(signature, option, static (in PacketFacts facts) => IsIcmp(in facts) ? facts.IcmpCode : null);
    public static SyntaxFault? IcmpId(SignatureBuilder signature, OptionSyntax option) =>
        Range(signature, option, static (in PacketFacts facts) => facts.HasIcmpId ? facts.IcmpId : null);
    public static SyntaxFault? IcmpSequence(SignatureBuilder signature, OptionSyntax option) =>
        Range(signature, option, static (in PacketFacts facts) => facts.HasIcmpId ? facts.IcmpSequence : null);
    public static SyntaxFault? IcmpMtu(SignatureBuilder signature, OptionSyntax option) =>
        Range(signature, option, static (in PacketFacts facts) => facts is { IpProtocol: Icmp6, IcmpType: 2, IcmpCode: 0 } ? facts.IcmpMtu : null);

    public static SyntaxFault? IpProtocol(SignatureBuilder signature, OptionSyntax option)
    {
        var text = (option.Value ?? "").Trim();
        var sign = text.Length > 0 && text[0] is '!' or '<' or '>' ? text[..1] : "";
        var name = text[sign.Length..].Trim();
        // A name as IANA's registry has it, or all in capitals.
        var isNamed = s_protocols.TryGetValue(name, out var named) || (name.All(c => !char.IsAsciiLetterLower(c)) && s_protocols.TryGetValue(name.ToLowerInvariant(), out named));
        var number = isNamed ? named.ToString(CultureInfo.InvariantCulture) : name;
        if (!isNamed && !byte.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out _)) return option.Fault($"'{name}' is no IP protocol: neither a name nor a number up to 255.");
        return Range(signature, option with { Value = sign + number }, static (in PacketFacts facts) => facts.IpProtocol, isOfFlow: true);
    }

    public static SyntaxFault? FlowAge(SignatureBuilder signature, OptionSyntax option) =>
        Range(signature, option, static (in PacketFacts facts) => facts.Stateless ? null : facts.FlowAge);

    public static SyntaxFault? NetworkProtocol(SignatureBuilder signature, OptionSyntax option)
    {
        bool? isV6 = (option.Value ?? "").Trim().ToLowerInvariant() switch { "ip" or "ip4" or "ipv4" => false, "ip6" or "ipv6" => true, _ => null };
        if (isV6 is not { } wanted) return option.Fault("l3_proto is ipv4 or ipv6.");
        signature.PacketConditions.Add(new OfVersion(wanted));
        return null;
    }

    private sealed class OfVersion(bool isV6) : PacketCondition
    {
        public override bool IsOfFlow => true;

        public override bool Holds(in PacketFacts facts) => facts.IsIpv6 == isV6;
    }

    public static SyntaxFault? SameIp(SignatureBuilder signature, OptionSyntax option)
    {
        signature.PacketConditions.Add(new SameAddress());
        return Outcome.Bare(option);
    }

    public static SyntaxFault? FragmentBits(SignatureBuilder signature, OptionSyntax option)
    {
        var text = (option.Value ?? "").Trim();
        var mode = text.Length > 0 && text[0] is '*' or '+' or '!' ? text[0] : '=';
        var bits = 0;
        foreach (var c in text.TrimStart('*', '+', '!'))
        {
            if (c is not ('M' or 'D' or 'R')) return option.Fault("fragbits are M (more), D (don't) and R (reserved), after +, * or ! if wanted.");
            bits |= c switch { 'M' => 1, 'D' => 2, _ => 4 };
        }
        signature.PacketConditions.Add(new Bits(static (in PacketFacts facts) => facts.IsIpv6 ? null : facts.FragmentBits, mode, bits, 7));
        return null;
    }

    public static SyntaxFault? TcpFlags(SignatureBuilder signature, OptionSyntax option)
    {
        const string letters = "FSRPAUEC";
        var parts = (option.Value ?? "").Split(',', StringSplitOptions.TrimEntries);
        var mode = parts[0].Length > 0 && parts[0][0] is '*' or '+' or '!' ? parts[0][0] : '=';
        int bits = 0, ignored = 0;
        foreach (var c in parts[0].TrimStart('*', '+', '!').ToUpperInvariant())
        {
            var bit = letters.IndexOf(c switch { '1' => 'C', '2' => 'E', _ => c }, StringComparison.Ordinal);
            if (bit < 0 && c != '0') return option.Fault($"TCP flags are {letters} (or 0 for none), not '{c}'.");
            if (bit >= 0) bits |= 1 << bit;
        }
        foreach (var c in parts.Length > 1 ? parts[1].ToUpperInvariant() : "")
        {
            var bit = letters.IndexOf(c switch { '1' => 'C', '2' => 'E', _ => c }, StringComparison.Ordinal);
            if (bit < 0) return option.Fault($"TCP flags are {letters}, not '{c}'.");
            ignored |= 1 << bit;
        }
        signature.RequiresPacket = true;
        signature.PacketConditions.Add(new Bits(static (in PacketFacts facts) => facts.IpProtocol == Tcp ? facts.TcpFlags : null, mode, bits, 0xFF & ~ignored));
        return null;
    }

    private static bool IsIcmp(in PacketFacts facts) => facts.IpProtocol is Icmp or Icmp6;

    private static SyntaxFault? Range(SignatureBuilder signature, OptionSyntax option, PacketNumber number, bool isOfFlow = false)
    {
        if (!NumberRange.TryParse(option.Value ?? "", endsBelong: false, out var range)) return option.Fault($"'{option.Name}' takes n, <n, >n or a<>b.");
        signature.PacketConditions.Add(new InRange(number, range, isOfFlow));
        return null;
    }

    /// <summary>A number of the packet; null when this packet has none.</summary>
    private delegate long? PacketNumber(in PacketFacts facts);

    private sealed class InRange(PacketNumber number, NumberRange range, bool isOfFlow) : PacketCondition
    {
        public override bool IsOfFlow => isOfFlow;

        public override bool Holds(in PacketFacts facts) => number(in facts) is { } value && range.Contains(value);
    }

    private sealed class SameAddress : PacketCondition
    {
        public override bool Holds(in PacketFacts facts) => facts.Source == facts.Destination;
    }

    /// <summary>= exactly these, + these and perhaps others, * any of these, ! not all of these.</summary>
    private sealed class Bits(PacketNumber number, char mode, int bits, int relevant) : PacketCondition
    {
        public override bool Holds(in PacketFacts facts)
        {
            if (number(in facts) is not { } value) return false;
            var present = (int)value & relevant;
            return mode switch
            {
                '+' => (present & bits) == bits,
                '*' => (present & bits) != 0,
                '!' => (present & bits) != bits,
                _ => present == bits,
            };
        }
    }
}
