namespace Demilune.Rules.Buffers;

/// <summary>A piece of a protocol as it is on the wire: what <c>frame</c> names. Names are in <see cref="FrameCatalog"/>.</summary>
public enum FrameType : byte
{
    None,
    Http1Request, Http1Response, DnsPdu,
    MqttPdu, MqttHeader, MqttData,
    RfbPdu,
    SipPdu, SipRequestLine, SipResponseLine, SipRequestHeaders, SipResponseHeaders, SipRequestBody, SipResponseBody,
    TelnetPdu, TelnetControl, TelnetData,
    RpcPdu, RpcData, NfsPdu, NfsStatus,
    NbssPdu, NbssHeader, NbssData,
    Smb1Pdu, Smb1Header, Smb1Data,
    Smb2Pdu, Smb2Header, Smb2Data,
    Smb3Pdu, Smb3Header, Smb3Data,
    TlsHeader, TlsPdu, TlsData, TlsAlert, TlsHeartbeat,

    /// <summary>All that a side says, of any protocol.</summary>
    Stream,
}
