namespace Demilune.Wire.Ike;

/// <summary>A message of IKE, version 1 (RFC 2408, 2409) or 2 (RFC 7296), as far as it is not encrypted. Used again for the next one.</summary>
public sealed class IkeMessage
{
    /// <summary>Payloads, and transforms, that are read of one message: peers offer some tens of transforms.</summary>
    private const int MaxPayloads = 64, MaxTransforms = 256;

    private readonly List<byte> _types = [];
    private readonly List<byte[]> _vendors = [];
    private readonly List<List<IkeAttribute>> _offers = [];
    private readonly List<IkeProposal> _proposals = [];
    private readonly List<ushort> _notices = [];
    private int _transforms;

    public byte[] InitiatorSpi { get; private set; } = [];
    public byte[] ResponderSpi { get; private set; } = [];
    public int Major { get; private set; }
    public int Minor { get; private set; }
    public byte Exchange { get; private set; }
    public byte Flags { get; private set; }
    public uint MessageId { get; private set; }

    /// <summary>Version 1: the payloads cannot be read.</summary>
    public bool IsEncrypted => Major == 1 && (Flags & 1) != 0;

    /// <summary>Version 2: its sender began the exchange.</summary>
    public bool IsOfInitiator => (Flags & 8) != 0;

    /// <summary>Of payloads, by the numbers in the header and in each of them, so that the last is 0.</summary>
    public IReadOnlyList<byte> PayloadTypes => _types;

    public byte[] KeyExchange { get; private set; } = [];
    public byte[] Nonce { get; private set; } = [];
    public IReadOnlyList<byte[]> Vendors => _vendors;

    /// <summary>Version 1: what is proposed, or has been chosen.</summary>
    public IReadOnlyList<IReadOnlyList<IkeAttribute>> Offers => _offers;

    /// <summary>Version 1: 1 is IPsec.</summary>
    public uint? Domain { get; private set; }

    /// <summary>Version 2.</summary>
    public IReadOnlyList<IkeProposal> Proposals => _proposals;

    /// <summary>Version 2: types of notify payloads.</summary>
    public IReadOnlyList<ushort> Notices => _notices;

    /// <summary>Bytes that belong to no payload.</summary>
    public bool HasMore { get; private set; }

    /// <returns>False: it ends before it says, or is of a version that nobody speaks; what was read stands.</returns>
    public bool TryRead(ReadOnlySpan<byte> datagram)
    {
        _types.Clear();
        _vendors.Clear();
        _offers.Clear();
        _proposals.Clear();
        _notices.Clear();
        (KeyExchange, Nonce, Domain, HasMore, _transforms) = ([], [], null, false, 0);
        if (!IkeHeader.TryView(datagram, out var header)) return false;
        (InitiatorSpi, ResponderSpi) = (header.InitiatorSpi.ToArray(), header.ResponderSpi.ToArray());
        (Major, Minor, Exchange, Flags, MessageId) = (header.Major, header.Minor, header.Exchange, header.Flags, header.MessageId);
        var rest = datagram[IkeHeader.Length..];
        switch (Major)
        {
            case 1:
                _types.Add(header.NextPayload);
                return IsEncrypted || TryReadPayloads(rest, header.NextPayload);
            case 2:
                _types.Add(header.NextPayload);
                return TryReadPayloads(rest, header.NextPayload);
            default:
                return false;
        }
    }

    private bool TryReadPayloads(ReadOnlySpan<byte> rest, byte type)
    {
        for (var count = 0; type != 0 && !rest.IsEmpty && count < MaxPayloads; count++)
        {
            var reader = new WireReader(rest);
            var next = reader.U8();
            reader.U8();
            var length = reader.U16();
            if (length < 4 || length > rest.Length) return false;
            var body = rest[4..length];
            rest = rest[length..];
            _types.Add(next);
            if (Major == 1) ReadPayload1(type, body);
            else ReadPayload2(type, body);
            // What an encrypted payload says is next, is within it (RFC 7296 §3.14).
            if (Major == 2 && type is 46 or 53) return true;
            type = next;
        }
        HasMore = !rest.IsEmpty;
        return type == 0;
    }

    private void ReadPayload1(byte type, ReadOnlySpan<byte> body)
    {
        switch (type)
        {
            case 1: ReadAssociation(body); break;
            case 4: KeyExchange = body.ToArray(); break;
            case 10: Nonce = body.ToArray(); break;
            case 13: _vendors.Add(body.ToArray()); break;
        }
    }

    /// <summary>RFC 2408 §3.4: a domain, a situation, and proposals with transforms in them.</summary>
    private void ReadAssociation(ReadOnlySpan<byte> body)
    {
        var reader = new WireReader(body);
        Domain = reader.U32();
        if (Domain != 1) return;
        reader.U32();
        while (!reader.IsEmpty && !reader.Failed)
        {
            reader.U16();
            var proposal = new WireReader(reader.Take(reader.U16() - 4));
            proposal.U16();
            var spiLength = proposal.U8();
            proposal.U8();
            proposal.Take(spiLength);
            while (!proposal.IsEmpty && !proposal.Failed && _transforms++ < MaxTransforms)
            {
                proposal.U16();
                var transform = new WireReader(proposal.Take(proposal.U16() - 4));
                transform.U32();
                if (transform.Failed) return;
                ReadAttributes(ref transform);
            }
        }
    }

    /// <summary>RFC 2408 §3.3: two bytes of value, or a length and a value.</summary>
    private void ReadAttributes(ref WireReader transform)
    {
        var attributes = new List<IkeAttribute>();
        while (!transform.IsEmpty && !transform.Failed)
        {
            var type = transform.U16();
            var value = transform.U16();
            if ((type & 0x8000) != 0)
            {
                attributes.Add(new(type & 0x7fff, value, value, []));
                continue;
            }
            var bytes = transform.Take(value).ToArray();
            if (transform.Failed) break;
            attributes.Add(new(type, value, bytes.Length == 4 ? System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes) : null, bytes));
        }
        _offers.Add(attributes);
    }

    private void ReadPayload2(byte type, ReadOnlySpan<byte> body)
    {
        switch (type)
        {
            case 33: ReadProposals(body); break;
            case 34 when body.Length >= 4: KeyExchange = body[4..].ToArray(); break;
            case 40: Nonce = body.ToArray(); break;
            case 41 when body.Length >= 4: _notices.Add(System.Buffers.Binary.BinaryPrimitives.ReadUInt16BigEndian(body[2..])); break;
        }
    }

    /// <summary>RFC 7296 §3.3.</summary>
    private void ReadProposals(ReadOnlySpan<byte> body)
    {
        var reader = new WireReader(body);
        while (!reader.IsEmpty && !reader.Failed && _proposals.Count < MaxTransforms)
        {
            reader.U16();
            var proposal = new WireReader(reader.Take(reader.U16() - 4));
            proposal.U8();
            var protocol = proposal.U8();
            var spiLength = proposal.U8();
            proposal.U8();
            proposal.Take(spiLength);
            if (proposal.Failed) return;
            var transforms = new List<(byte Type, ushort Id)>();
            while (!proposal.IsEmpty && !proposal.Failed && _transforms++ < MaxTransforms)
            {
                proposal.U16();
                var transform = new WireReader(proposal.Take(proposal.U16() - 4));
                var type = transform.U8();
                transform.U8();
                var id = transform.U16();
                if (!transform.Failed) transforms.Add((type, id));
            }
            _proposals.Add(new(protocol, transforms));
        }
    }
}

/// <summary>An attribute of a transform of version 1.</summary>
/// <param name="Type">1 encryption, 2 hash, 3 authentication, 4 group …</param>
/// <param name="Value">Its two bytes; of a longer one its length.</param>
/// <param name="Number">As a number; null: it is none.</param>
/// <param name="Bytes">Of one that is written in more than two bytes.</param>
public readonly record struct IkeAttribute(int Type, ushort Value, uint? Number, byte[] Bytes);

/// <summary>A proposal of version 2.</summary>
/// <param name="Protocol">1 IKE, 2 AH, 3 ESP.</param>
/// <param name="Transforms">Types (1 encryption, 2 PRF, 3 integrity, 4 group, 5 sequence numbers) with their identifiers.</param>
public sealed record IkeProposal(byte Protocol, IReadOnlyList<(byte Type, ushort Id)> Transforms);
