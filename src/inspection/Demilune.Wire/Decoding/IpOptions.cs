namespace Demilune.Wire.Decoding;

/// <summary>IPv4 options that a packet has (RFC 791 §3.1 and after).</summary>
[Flags]
public enum IpOptions : ushort
{
    None = 0,
    RecordRoute = 1,
    LooseSourceRoute = 2,
    StrictSourceRoute = 4,
    Timestamp = 8,
    Security = 16,
    StreamId = 32,
    EndOfList = 64,
    NoOperation = 128,
    QuickStart = 256,
    Cipso = 512,
    RouterAlert = 1024,
    ExtendedSecurity = 2048,
}
