using Demilune.Rules.Buffers;
using Demilune.Rules.Headers;
using Demilune.Wire.Ldap;

namespace Demilune.Inspection.Sessions.Ldap;

/// <summary>LDAP over TCP, and without connections over UDP (MS-ADTS §6.3.3).</summary>
internal static class LdapProtocol
{
    public const string TooMany = "ldap.too_many_transactions", Invalid = "ldap.invalid_data", NotFound = "ldap.request_not_found", Incomplete = "ldap.incomplete_data";

    public static BufferId[] OfRequest { get; } = [BufferId.LdapRequestOperation, BufferId.LdapRequestDn, BufferId.LdapRequestAttributeType, BufferId.LdapRequestAttributes];

    public static BufferId[] OfResponse { get; } =
    [
        BufferId.LdapRequestOperation, BufferId.LdapResponsesOperation, BufferId.LdapResponsesCount, BufferId.LdapResponsesDn, BufferId.LdapResponsesResultCode,
        BufferId.LdapResponsesMessage, BufferId.LdapResponsesAttributeType, BufferId.LdapResponsesAttributes,
    ];

    public static Protocol Definition { get; } = new()
    {
        App = AppProtocol.Ldap,
        OfStream = static (from, bytes) => from == Side.Client ? LdapDetection.OfClient(bytes) : LdapDetection.OfServer(bytes),
        OfDatagram = static (from, bytes) => from == Side.Client ? LdapDetection.OfClient(bytes) : LdapDetection.OfServer(bytes),
        Buffers = [.. OfRequest.Union(OfResponse)],
        Events = [TooMany, Invalid, NotFound, Incomplete],
        Open = static (options, _, detector) => new LdapSession(options, detector),
    };
}
