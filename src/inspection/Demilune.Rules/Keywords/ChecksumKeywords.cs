using Demilune.Rules.Headers;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary><c>ipv4-csum</c>, <c>tcpv4-csum</c> and their kind: <c>valid</c> or <c>invalid</c>.</summary>
internal static class ChecksumKeywords
{
    private const byte Icmp = 1, Tcp = 6, Udp = 17, Icmp6 = 58;

    public static KeywordParser Ip { get; } = (signature, option) => Add(signature, option, isV6: false, protocol: null);

    public static KeywordParser OfTransport(byte protocol, bool isV6) => (signature, option) => Add(signature, option, isV6, protocol);

    public static IEnumerable<KeyValuePair<string, KeywordParser>> All { get; } =
    [
        new("ipv4-csum", Ip),
        new("tcpv4-csum", OfTransport(Tcp, false)), new("tcpv6-csum", OfTransport(Tcp, true)),
        new("udpv4-csum", OfTransport(Udp, false)), new("udpv6-csum", OfTransport(Udp, true)),
        new("icmpv4-csum", OfTransport(Icmp, false)), new("icmpv6-csum", OfTransport(Icmp6, true)),
    ];

    private static SyntaxFault? Add(SignatureBuilder signature, OptionSyntax option, bool isV6, byte? protocol)
    {
        var text = (option.Value ?? "").Trim().Trim('"');
        var wantsValid = text.Equals("valid", StringComparison.OrdinalIgnoreCase);
        if (!wantsValid && !text.Equals("invalid", StringComparison.OrdinalIgnoreCase)) return option.Fault($"{option.Name} is valid or invalid.");
        signature.RequiresPacket = true;
        signature.AsksChecksums = true;
        signature.PacketConditions.Add(new Condition(isV6, protocol, wantsValid));
        return null;
    }

    private sealed class Condition(bool isV6, byte? protocol, bool wantsValid) : PacketCondition
    {
        public override bool Holds(in PacketFacts facts)
        {
            if (facts.IpProtocol == 0 || facts.IsIpv6 != isV6 || (protocol is { } wanted && facts.IpProtocol != wanted)) return false;
            if (facts.ChecksumsIgnored) return wantsValid;
            var isWrong = (facts.WrongChecksums & (protocol is null ? WrongChecksums.Ip : WrongChecksums.Transport)) != 0;
            return isWrong != wantsValid;
        }
    }
}
