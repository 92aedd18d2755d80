namespace Demilune.Wire.Decoding;

/// <summary>What is odd about a packet's headers. Suricata's events, whose names are in <see cref="DecodeEventNames"/>; the order is nobody's business.</summary>
public enum DecodeEvent : byte
{
    Ipv4PacketTooSmall, Ipv4HlenTooSmall, Ipv4IplenSmallerThanHlen, Ipv4TruncPacket, Ipv4OptInvalid, Ipv4OptInvalidLen, Ipv4OptMalformed,
    Ipv4OptPadRequired, Ipv4OptEolRequired, Ipv4OptDuplicate, Ipv4OptUnknown, Ipv4WrongIpVersion, Ipv4Icmpv6,
    Ipv4FragPacketTooLarge, Ipv4FragOverlap, Ipv4FragIgnored,
    Icmpv4PacketTooSmall, Icmpv4UnknownType, Icmpv4UnknownCode, Icmpv4Ipv4TruncPacket, Icmpv4Ipv4UnknownVer,
    Icmpv6UnknownType, Icmpv6UnknownCode, Icmpv6PacketTooSmall, Icmpv6Ipv6UnknownVersion, Icmpv6Ipv6TruncPacket, Icmpv6MldMessageWithInvalidHl,
    Icmpv6UnassignedType, Icmpv6ExperimentationType,
    Ipv6PacketTooSmall, Ipv6TruncPacket, Ipv6TruncExtension, Ipv6ExtensionDuplFh, Ipv6ExtensionUselessFh, Ipv6ExtensionDuplRh, Ipv6ExtensionDuplHh,
    Ipv6ExtensionDuplDh,
    Ipv6ExtensionDuplAh, Ipv6ExtensionDuplEh, Ipv6ExtensionInvalidOptlen, Ipv6WrongIpVersion, Ipv6ExtensionAhResNotNull, Ipv6HopoptsUnknownOpt,
    Ipv6HopoptsOnlyPadding, Ipv6DstoptsUnknownOpt, Ipv6DstoptsOnlyPadding, Ipv6RhType0, Ipv6ZeroLenPadn, Ipv6FhNonZeroReservedField,
    Ipv6DataAfterNoneHeader, Ipv6UnknownNextHeader, Ipv6Icmpv4, Ipv6FragInvalidLength, Ipv6FragPacketTooLarge, Ipv6FragOverlap, Ipv6FragIgnored,
    Ipv6Ipv4InIpv6TooSmall, Ipv6Ipv4InIpv6WrongVersion, Ipv6Ipv6InIpv6TooSmall, Ipv6Ipv6InIpv6WrongVersion,
    TcpPacketTooSmall, TcpHlenTooSmall, TcpInvalidOptlen, TcpOptInvalidLen, TcpOptDuplicate,
    UdpPacketTooSmall, UdpHlenTooSmall, UdpHlenInvalid, UdpLenInvalid,
    SctpPacketTooSmall, EspPacketTooSmall,
    EthernetPacketTooSmall, SllPacketTooSmall, ChdlcPacketTooSmall, DcePacketTooSmall,
    PppPacketTooSmall, PppVjuPacketTooSmall, PppIp4PacketTooSmall, PppIp6PacketTooSmall, PppWrongType, PppUnsupProto,
    PppoePacketTooSmall, PppoeWrongCode, PppoeMalformedTags,
    GrePacketTooSmall, GreWrongVersion, GreVersion0Recur, GreVersion0Flags, GreVersion0HeaderTooBig, GreVersion0MalformedSreHeader, GreVersion1Chksum,
    GreVersion1Route, GreVersion1Ssr, GreVersion1Recur, GreVersion1Flags, GreVersion1NoKey, GreVersion1WrongProtocol, GreVersion1MalformedSreHeader,
    GreVersion1HeaderTooBig,
    VlanHeaderTooSmall, VlanUnknownType, VlanTooManyLayers, Ieee8021ahHeaderTooSmall, VntagHeaderTooSmall, VntagUnknownType,
    IprawInvalidIpVersion, LtnullPacketTooSmall, LtnullUnsupportedType,
    MplsHeaderTooSmall, MplsPacketTooSmall, MplsBadLabelRouterAlert, MplsBadLabelImplicitNull, MplsBadLabelReserved, MplsUnknownPayloadType,
    VxlanUnknownPayloadType, GeneveUnknownPayloadType,
    ErspanHeaderTooSmall, ErspanUnsupportedVersion, ErspanTooManyVlanLayers,
    NshHeaderTooSmall, NshUnsupportedVersion, NshBadHeaderLength, NshReservedType, NshUnsupportedType, NshUnknownPayload,
    TooManyLayers, AfpacketTruncPacket,
}
