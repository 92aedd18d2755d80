using Demilune.Wire.Asn1;

namespace Demilune.Wire.Kerberos;

/// <summary>A message of Kerberos 5 between a client and a KDC (RFC 4120 §5.4, §5.9.1), taken apart. Used again for the next one.</summary>
public sealed class KerberosMessage
{
    public const int AsRequest = 10, AsReply = 11, TgsRequest = 12, TgsReply = 13, ApRequest = 14, ApReply = 15, Error = 30;

    /// <summary>Parts of a name; a service has two, rarely three.</summary>
    private const int MaxParts = 16;

    private readonly List<byte[]> _client = [];
    private readonly List<byte[]> _service = [];

    /// <summary>The application tag's number.</summary>
    public int Type { get; private set; }
    public byte[] Realm { get; private set; } = [];

    /// <summary>Whose ticket; its parts.</summary>
    public IReadOnlyList<byte[]> Client => _client;

    /// <summary>For which service; its parts.</summary>
    public IReadOnlyList<byte[]> Service => _service;

    /// <summary>RFC 3961's number of how the answer is encrypted; null if it is none.</summary>
    public long? Encryption { get; private set; }

    /// <summary>And the ticket in it.</summary>
    public long? TicketEncryption { get; private set; }
    public long? ErrorCode { get; private set; }

    /// <summary>Whether bytes begin as such a message does.</summary>
    public static bool IsLikely(ReadOnlySpan<byte> message)
    {
        if (message.IsEmpty || message[0] is not (0x6a or 0x6b or 0x6c or 0x6d or 0x6e or 0x6f or 0x7e)) return false;
        // A stream may not have brought all of it: only the head is asked for.
        var at = message.Length > 1 && message[1] >= 0x80 ? 2 + (message[1] & 0x7f) : 2;
        return at <= 5 && (message.Length <= at || message[at] == DerReader.Sequence);
    }

    /// <returns>False if this is no such message.</returns>
    public bool TryRead(ReadOnlySpan<byte> message)
    {
        _client.Clear();
        _service.Clear();
        (Type, Realm, Encryption, TicketEncryption, ErrorCode) = (0, [], null, null, null);
        if (!IsLikely(message)) return false;
        var outer = new DerReader(message);
        Type = message[0] & 0x1f;
        var inner = new DerReader(outer.ReadAny(out _));
        var fields = inner.Enter(DerReader.Sequence);
        if (outer.Failed || inner.Failed) return false;
        while (!fields.IsEmpty)
        {
            var value = new DerReader(fields.ReadAny(out var tag));
            if (fields.Failed) return false;
            Take(tag & 0x1f, ref value);
        }
        return true;
    }

    private void Take(int field, ref DerReader value)
    {
        switch (Type, field)
        {
            case (AsRequest or TgsRequest, 4): ReadBody(ref value); break;
            case (AsReply or TgsReply, 3): Realm = value.ReadAny(out _).ToArray(); break;
            case (AsReply or TgsReply, 4): ReadName(ref value, _client); break;
            case (AsReply or TgsReply, 5): ReadTicket(ref value); break;
            case (AsReply or TgsReply, 6): Encryption = ReadEncryption(ref value); break;
            case (Error, 6): ErrorCode = value.ReadNumber(); break;
            case (Error, 8): ReadName(ref value, _client); break;
            case (Error, 9): Realm = value.ReadAny(out _).ToArray(); break;
            case (Error, 10): ReadName(ref value, _service); break;
        }
    }

    private void ReadBody(ref DerReader value)
    {
        var body = value.Enter(DerReader.Sequence);
        while (!body.IsEmpty)
        {
            var field = new DerReader(body.ReadAny(out var tag));
            if (body.Failed) return;
            if ((tag & 0x1f) == 1) ReadName(ref field, _client);
            else if ((tag & 0x1f) == 2) Realm = field.ReadAny(out _).ToArray();
            else if ((tag & 0x1f) == 3) ReadName(ref field, _service);
        }
    }

    private void ReadTicket(ref DerReader value)
    {
        var ticket = new DerReader(value.ReadAny(out _));
        var fields = ticket.Enter(DerReader.Sequence);
        while (!fields.IsEmpty)
        {
            var field = new DerReader(fields.ReadAny(out var tag));
            if (fields.Failed) return;
            if ((tag & 0x1f) == 2) ReadName(ref field, _service);
            else if ((tag & 0x1f) == 3) TicketEncryption = ReadEncryption(ref field);
        }
    }

    private static long? ReadEncryption(ref DerReader value)
    {
        var data = value.Enter(DerReader.Sequence);
        var type = data.Enter(DerReader.Context(0));
        var number = type.ReadNumber();
        return type.Failed ? null : number;
    }

    private static void ReadName(ref DerReader value, List<byte[]> parts)
    {
        parts.Clear();
        var name = value.Enter(DerReader.Sequence);
        name.Read(DerReader.Context(0));
        var list = name.Enter(DerReader.Context(1)).Enter(DerReader.Sequence);
        while (!list.IsEmpty && parts.Count < MaxParts)
        {
            var part = list.ReadAny(out _);
            if (list.Failed) return;
            parts.Add(part.ToArray());
        }
    }
}
