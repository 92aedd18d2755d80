namespace Demilune.Inspection.Sessions.Tls;

/// <summary>How far a handshake is, as <c>ssl_state</c> asks; the numbers are the rules'.</summary>
internal enum TlsState : byte
{
    Unknown = 0,
    ClientHello = 1,
    ServerHello = 2,
    ClientKeyExchange = 3,
    ServerKeyExchange = 4,
}
