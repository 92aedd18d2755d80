using System.Text;
using System.Text.Json;
using Demilune.Inspection.Detection;
using Demilune.Rules.Buffers;
using Demilune.Rules.Compile;
using Demilune.Rules.Headers;
using Demilune.Wire.Ike;

namespace Demilune.Inspection.Sessions.Ike;

/// <summary>IKE, both versions, over UDP: what two peers agree on before they encrypt.</summary>
internal sealed class IkeSession(InspectorOptions options, Detector detector) : MessageSession(options, detector, "ike", Provided)
{
    private static readonly BufferId[] Provided =
    [
        BufferId.IkeInitiatorSpi, BufferId.IkeResponderSpi, BufferId.IkeExchangeType, BufferId.IkeVendor, BufferId.IkeKeyExchange, BufferId.IkeKeyExchangeLength,
        BufferId.IkeNonce, BufferId.IkeNonceLength, BufferId.IkeChosenAttribute,
    ];

    private readonly IkeMessage _message = new();
    private readonly Peer[] _peers = [new(), new()];
    private readonly ushort[] _chosen = new ushort[6];
    private uint? _domain;

    /// <summary>Version 1: what a side has said so far.</summary>
    private sealed class Peer
    {
        public byte[] KeyExchange { get; set; } = [];
        public byte[] Nonce { get; set; } = [];
        public IReadOnlyList<IkeAttribute> First { get; set; } = [];
        public int Offers { get; set; }

        public void Clear() => (KeyExchange, Nonce, First, Offers) = ([], [], [], 0);
    }

    public static Protocol Definition { get; } = new()
    {
        App = AppProtocol.Ike,
        OfDatagram = static (_, bytes) => IkeHeader.IsLikely(bytes, isAtPort: false) ? Wire.Detection.Yes : Wire.Detection.No,
        Ports = [500],
        AtPort = static (_, bytes) => IkeHeader.IsLikely(bytes, isAtPort: true) ? Wire.Detection.Yes : Wire.Detection.No,
        Buffers = Provided,
        Events =
        [
            .. ((string[])[
                "malformed_data", "no_encryption", "weak_crypto_enc", "weak_crypto_prf", "weak_crypto_dh", "weak_crypto_auth", "weak_crypto_nodh", "weak_crypto_no_dh",
                "weak_crypto_noauth", "weak_crypto_no_auth", "invalid_proposal", "unknown_proposal", "payload_extra_data", "multiple_server_proposal",
            ]).Select(name => $"ike.{name}"),
        ],
        Open = static (options, _, detector) => new IkeSession(options, detector),
    };

    public override void Begin(RuleSet rules, bool isDatagram)
    {
        base.Begin(rules, isDatagram);
        foreach (var peer in _peers) peer.Clear();
        // Before a responder has chosen: no encryption, no integrity …
        (_chosen[1], _chosen[2], _chosen[3], _chosen[4], _chosen[5], _domain) = (11, 0, 0, 0, 0, null);
    }

    public override void Deliver(Side from, ReadOnlySpan<byte> bytes)
    {
        var isWhole = _message.TryRead(bytes);
        if (_message.Major is not (1 or 2)) return;
        var isRepeated = _message.Major == 1 && Remember(from);
        if (_message.Major == 2 && from == Side.Server)
            foreach (var proposal in _message.Proposals)
                foreach (var (type, id) in proposal.Transforms)
                    if (type is >= 1 and <= 5) _chosen[type] = id;
        Judge(from, bytes, isTold: true, isWhole || _message.Major == 2 ? null : "ike.malformed_data");
        foreach (var name in Weaknesses()) Notice(name);
        if (isRepeated) Notice("ike.multiple_server_proposal");
        if (_message is { HasMore: true, Major: 1 }) Notice("ike.payload_extra_data");
    }

    public override bool TryGet(BufferId id, int instance, ReadOnlySpan<byte> piece, out BufferView view) => id switch
    {
        BufferId.IkeInitiatorSpi => Give(Hex(_message.InitiatorSpi), instance, out view),
        BufferId.IkeResponderSpi => Give(Hex(_message.ResponderSpi), instance, out view),
        BufferId.IkeExchangeType => Give(_message.Exchange, true, instance, out view),
        BufferId.IkeVendor => Give(instance < _message.Vendors.Count ? Hex(_message.Vendors[instance]) : [], 0, out view),
        BufferId.IkeKeyExchange when _message.Major == 1 => Give(_message.KeyExchange, instance, out view),
        BufferId.IkeNonce when _message.Major == 1 => Give(_message.Nonce, instance, out view),
        BufferId.IkeKeyExchangeLength => Give(_message.KeyExchange.Length, _message is { Major: 1, KeyExchange.Length: > 0 }, instance, out view),
        BufferId.IkeNonceLength => Give(_message.Nonce.Length, _message is { Major: 1, Nonce.Length: > 0 }, instance, out view),
        BufferId.IkeChosenAttribute => TryChosen(instance, out view),
        _ => Give(default(ReadOnlySpan<byte>), instance, out view),
    };

    public override void Write(Utf8JsonWriter json)
    {
        json.WriteNumber("version_major"u8, _message.Major);
        json.WriteNumber("version_minor"u8, _message.Minor);
        json.WriteString("init_spi"u8, Convert.ToHexStringLower(_message.InitiatorSpi));
        json.WriteString("resp_spi"u8, Convert.ToHexStringLower(_message.ResponderSpi));
        json.WriteNumber("message_id"u8, _message.MessageId);
        json.WriteNumber("exchange_type"u8, _message.Exchange);
        if (_message.Major == 1) WriteVersion1(json);
        else WriteVersion2(json);
    }

    /// <summary>Takes what a message of version 1 says over into what is known of its sender.</summary>
    /// <returns>True: the server has chosen more than one proposal.</returns>
    private bool Remember(Side from)
    {
        if (_message.IsEncrypted) return false;
        var peer = _peers[(int)from];
        if (_message.Domain is not null)
        {
            _domain = _message.Domain;
            peer.Clear();
        }
        var isRepeated = from == Side.Server && peer.Offers <= 1 && peer.Offers + _message.Offers.Count > 1;
        (peer.KeyExchange, peer.Nonce) = (_message.KeyExchange, _message.Nonce);
        if (peer.Offers == 0 && _message.Offers.Count > 0) peer.First = _message.Offers[0];
        peer.Offers += _message.Offers.Count;
        return isRepeated;
    }

    /// <summary>What is proposed in version 2 and should not be (RFC 8247).</summary>
    private IEnumerable<string> Weaknesses()
    {
        foreach (var proposal in _message.Proposals)
        {
            var (hasGroup, hasIntegrity, isAuthenticated) = (false, false, false);
            foreach (var (type, id) in proposal.Transforms)
            {
                hasGroup |= type == 4;
                hasIntegrity |= type == 3 && id != 0;
                isAuthenticated |= type == 1 && id is (>= 14 and <= 20) or (>= 25 and <= 28);
                switch (type)
                {
                    case 1 when id is (>= 1 and <= 9) or 11: yield return "ike.weak_crypto_enc"; break;
                    case 2 when id == 0: yield return "ike.invalid_proposal"; break;
                    case 2 when id is 1 or 2: yield return "ike.weak_crypto_prf"; break;
                    case 3 when id is >= 1 and <= 7: yield return "ike.weak_crypto_auth"; break;
                    case 4 when id == 0: yield return "ike.invalid_proposal"; break;
                    case 4 when id is 1 or 2 or 5 or 22: yield return "ike.weak_crypto_dh"; break;
                    case 0 or > 5: yield return "ike.unknown_proposal"; break;
                }
            }
            if (!hasGroup) yield return "ike.weak_crypto_no_dh";
            if (proposal.Protocol == 2) yield return "ike.no_encryption";
            if (!hasIntegrity && !isAuthenticated) yield return "ike.weak_crypto_no_auth";
        }
    }

    /// <summary>Kind above, value below.</summary>
    private bool TryChosen(int instance, out BufferView view)
    {
        if (_message is { Major: 1, Offers: [var first, ..] } && instance < first.Count)
            return Give((long)first[instance].Type << 32 | (first[instance].Number ?? uint.MaxValue), true, 0, out view);
        if (_message is { Major: 2, Proposals: [var proposal, ..] } && instance < proposal.Transforms.Count)
        {
            var (type, id) = proposal.Transforms[instance];
            // Encryption, PRF, integrity and group, by version 1's numbers for them.
            return Give((long)(type switch { 1 => 1, 2 => 13, 3 => 3, 4 => 4, _ => 0 }) << 32 | id, true, 0, out view);
        }
        view = default;
        return false;
    }

    private void WriteVersion1(Utf8JsonWriter json)
    {
        if (_peers[1].Offers > 0) WriteAttributes(json, _peers[1].First);
        if (From == Side.Server && _message.Offers.Count > 1) WriteOffers(json, "server_proposals"u8);
        json.WriteStartArray("payload"u8);
        foreach (var type in _message.PayloadTypes.Distinct())
            if (IkeNames.OfPayload1(type) is { Length: > 0 } name) json.WriteStringValue(name);
        json.WriteEndArray();
        json.WriteStartObject("ikev1"u8);
        if (_domain is { } domain) json.WriteNumber("doi"u8, domain);
        json.WriteBoolean("encrypted_payloads"u8, _message.IsEncrypted);
        if (!_message.IsEncrypted)
        {
            json.WriteStartObject("client"u8);
            WritePeer(json, _peers[0]);
            if (From == Side.Client && _message.Offers.Count > 0) WriteOffers(json, "proposals"u8);
            json.WriteEndObject();
            json.WriteStartObject("server"u8);
            WritePeer(json, _peers[1]);
            json.WriteEndObject();
            if (_message.Vendors.Count > 0)
            {
                json.WriteStartArray("vendor_ids"u8);
                foreach (var vendor in _message.Vendors) json.WriteStringValue(Convert.ToHexStringLower(vendor));
                json.WriteEndArray();
            }
        }
        json.WriteEndObject();
    }

    private void WriteVersion2(Utf8JsonWriter json)
    {
        json.WriteString("role"u8, _message.IsOfInitiator ? "initiator"u8 : "responder"u8);
        if (!_message.IsOfInitiator)
        {
            json.WriteString("alg_enc"u8, IkeNames.OfCipher(_chosen[1]));
            json.WriteString("alg_auth"u8, IkeNames.OfIntegrity(_chosen[3]));
            json.WriteString("alg_prf"u8, IkeNames.OfFunction(_chosen[2]));
            json.WriteString("alg_dh"u8, IkeNames.OfGroup(_chosen[4]));
            json.WriteString("alg_esn"u8, IkeNames.OfSequence(_chosen[5]));
        }
        json.WriteStartArray("payload"u8);
        foreach (var type in _message.PayloadTypes) json.WriteStringValue(IkeNames.OfPayload2(type));
        json.WriteEndArray();
        json.WriteStartObject("ikev2"u8);
        json.WriteNumber("errors"u8, _message.Notices.Count(type => type is > 0 and < 16384));
        if (_message.Notices.Count > 0)
        {
            json.WriteStartArray("notify"u8);
            foreach (var type in _message.Notices) json.WriteStringValue(IkeNames.OfNotice(type));
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }

    private static void WritePeer(Utf8JsonWriter json, Peer peer)
    {
        if (peer.KeyExchange.Length > 0)
        {
            json.WriteString("key_exchange_payload"u8, Convert.ToHexStringLower(peer.KeyExchange));
            json.WriteNumber("key_exchange_payload_length"u8, peer.KeyExchange.Length);
        }
        if (peer.Nonce.Length == 0) return;
        json.WriteString("nonce_payload"u8, Convert.ToHexStringLower(peer.Nonce));
        json.WriteNumber("nonce_payload_length"u8, peer.Nonce.Length);
    }

    private void WriteOffers(Utf8JsonWriter json, ReadOnlySpan<byte> name)
    {
        json.WriteStartArray(name);
        foreach (var offer in _message.Offers)
        {
            json.WriteStartObject();
            WriteAttributes(json, offer);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteAttributes(Utf8JsonWriter json, IReadOnlyList<IkeAttribute> attributes)
    {
        foreach (var attribute in attributes)
        {
            var name = IkeNames.OfAttribute(attribute.Type);
            json.WriteString(name, IkeNames.OfValue(attribute.Type, attribute.Value));
            if (attribute.Number is { } number) json.WriteNumber($"{name}_raw", number);
            else json.WriteString($"{name}_raw", Convert.ToHexStringLower(attribute.Bytes));
        }
    }

    private static byte[] Hex(byte[] bytes) => Encoding.ASCII.GetBytes(Convert.ToHexStringLower(bytes));
}
