using System.Globalization;
using System.Text;
using System.Text.Json;
using Demilune.Inspection.Detection;
using Demilune.Inspection.Events.Eve;
using Demilune.Rules.Buffers;
using Demilune.Rules.Compile;
using Demilune.Rules.Headers;
using Demilune.Wire;
using Demilune.Wire.Kerberos;

namespace Demilune.Inspection.Sessions.Kerberos;

/// <summary>Kerberos 5 over UDP and TCP.</summary>
internal sealed class KerberosSession(InspectorOptions options, Detector detector) : MessageSession(options, detector, "krb5", Provided)
{
    /// <summary>A ticket with an authorisation of many groups has some tens of kilobytes.</summary>
    private const int MaxMessage = 128 << 10;

    private static readonly BufferId[] Provided =
    [
        BufferId.KrbMessageType, BufferId.KrbErrorCode, BufferId.KrbCname, BufferId.KrbSname, BufferId.KrbWeakEncryption, BufferId.KrbTicketEncryption,
    ];

    private readonly KerberosMessage _message = new();
    private readonly LengthPrefixedReader[] _readers = [new(MaxMessage), new(MaxMessage)];
    private readonly EveText _text = new();
    private int _asked;
    private int _failed;

    public static Protocol Definition { get; } = new()
    {
        App = AppProtocol.Kerberos,
        OfStream = static (_, bytes) => bytes.Length < 4 ? Wire.Detection.Incomplete
            : bytes[0] != 0 || bytes[1] > 1 ? Wire.Detection.No
            : bytes.Length < 10 ? Wire.Detection.Incomplete
            : KerberosMessage.IsLikely(bytes[4..]) ? Wire.Detection.Yes : Wire.Detection.No,
        OfDatagram = static (_, bytes) => KerberosMessage.IsLikely(bytes) && new KerberosMessage().TryRead(bytes) ? Wire.Detection.Yes : Wire.Detection.No,
        Buffers = Provided,
        Events = ["krb5.malformed_data", "krb5.weak_encryption"],
        Open = static (options, _, detector) => new KerberosSession(options, detector),
    };

    public override void Begin(RuleSet rules, bool isDatagram)
    {
        base.Begin(rules, isDatagram);
        foreach (var reader in _readers) reader.Reset();
        _asked = 0;
    }

    public override void Deliver(Side from, ReadOnlySpan<byte> bytes)
    {
        if (IsDatagram)
        {
            Take(from, bytes);
            return;
        }
        var reader = _readers[(int)from];
        while (reader.TryRead(ref bytes, out var message)) Take(from, message);
    }

    public override bool IsOver(Side from) => _readers[(int)from].IsBroken;

    public override bool TryGet(BufferId id, int instance, ReadOnlySpan<byte> piece, out BufferView view) => id switch
    {
        BufferId.KrbMessageType => Give(_message.Type, _message.Type > 0, instance, out view),
        BufferId.KrbErrorCode => Give(_message.ErrorCode ?? 0, _message.ErrorCode is not null, instance, out view),
        BufferId.KrbWeakEncryption => Give(IsWeak(_message.Encryption) ? 1 : 0, _message.Encryption is not null, instance, out view),
        BufferId.KrbTicketEncryption => Give(_message.TicketEncryption ?? 0, _message.TicketEncryption is not null, instance, out view),
        BufferId.KrbCname => Give(_message.Client, instance, out view),
        BufferId.KrbSname => Give(_message.Service, instance, out view),
        _ => Give(default(ReadOnlySpan<byte>), instance, out view),
    };

    public override void Write(Utf8JsonWriter json)
    {
        json.WriteString("msg_type"u8, KerberosNames.OfMessage(_message.Type));
        if (_message.ErrorCode is { } code)
        {
            if (_failed > 0) json.WriteString("failed_request"u8, KerberosNames.OfMessage(_failed));
            json.WriteString("error_code"u8, KerberosNames.OfError(code));
        }
        json.WriteString("cname"u8, Name(_message.Client));
        // An error's realm Suricata does not keep.
        json.WriteString("realm"u8, _message is { Realm.Length: > 0, Type: not KerberosMessage.Error } ? _text.Of(_message.Realm) : "<empty>"u8);
        json.WriteString("sname"u8, Name(_message.Service));
        json.WriteString("encryption"u8, _message.Encryption is { } type ? KerberosNames.OfEncryption(type) : "<none>");
        json.WriteBoolean("weak_encryption"u8, IsWeak(_message.Encryption));
        if (_message.TicketEncryption is not { } ticket) return;
        json.WriteString("ticket_encryption"u8, KerberosNames.OfEncryption(ticket));
        json.WriteBoolean("ticket_weak_encryption"u8, IsWeak(ticket));
    }

    /// <summary>RFC 6649, RFC 8429: DES, RC4 and what was made of them; types that nobody has registered count as weak too.</summary>
    private static bool IsWeak(long? type) => type is <= 16 or >= 21 and <= 24;

    private void Take(Side from, ReadOnlySpan<byte> bytes)
    {
        var isWhole = _message.TryRead(bytes);
        if (_message.Type == KerberosMessage.Error) (_failed, _asked) = (_asked, 0);
        else _asked = _message.Type is KerberosMessage.AsRequest or KerberosMessage.TgsRequest or KerberosMessage.ApRequest ? _message.Type : 0;
        Judge(from, bytes, isWhole, !isWhole ? "krb5.malformed_data" : IsWeak(_message.Encryption) ? "krb5.weak_encryption" : null);
    }

    private ReadOnlySpan<byte> Name(IReadOnlyList<byte[]> parts) =>
        parts.Count == 0 ? "<empty>"u8 : _text.Of(Encoding.Latin1.GetBytes(string.Join('/', parts.Select(Encoding.Latin1.GetString))));
}
