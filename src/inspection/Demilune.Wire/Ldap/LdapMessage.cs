using Demilune.Wire.Asn1;

namespace Demilune.Wire.Ldap;

/// <summary>One message (RFC 4511 §4.1.1), in its own memory, and what rules ask of it. Used again for the next one.</summary>
public sealed class LdapMessage
{
    /// <summary>Attributes of a message that are read; an entry of a large group has thousands of values of one.</summary>
    private const int MaxAttributes = 1024;

    /// <summary>What <c>StartTLS</c> is named by (§4.14).</summary>
    private static ReadOnlySpan<byte> StartTls => "1.3.6.1.4.1.1466.20037"u8;

    private readonly List<(int Start, int Length)> _types = [];
    private readonly List<LdapAttribute> _values = [];
    private byte[] _bytes = [];
    private byte[] _pair = [];
    private int _length;
    private int _contentStart, _contentLength, _controlsStart, _controlsLength;
    private (int Start, int Length) _name, _text;

    public long Id { get; private set; }
    public LdapOperation Operation { get; private set; }

    /// <summary>The operation's tag has a meaning.</summary>
    public bool IsKnown => Enum.IsDefined(Operation);

    /// <summary>What is inside the operation, and the controls beside it; empty: there are none.</summary>
    public ReadOnlySpan<byte> Content => _bytes.AsSpan(_contentStart, _contentLength);
    public ReadOnlySpan<byte> Controls => _bytes.AsSpan(_controlsStart, _controlsLength);

    /// <summary>The entry that the operation is about.</summary>
    public ReadOnlySpan<byte> Name => _bytes.AsSpan(_name.Start, _name.Length);
    public bool HasName { get; private set; }

    /// <summary>Of an answer that has a result; null: it has none.</summary>
    public int? ResultCode { get; private set; }

    /// <summary>What a server says to a result.</summary>
    public ReadOnlySpan<byte> Text => _bytes.AsSpan(_text.Start, _text.Length);

    /// <summary>Attributes that it names, and values that it has for them.</summary>
    public int TypeCount => _types.Count;
    public int ValueCount => _values.Count;

    /// <summary>A client wants to speak TLS; a server agrees or not.</summary>
    public bool IsStartTls { get; private set; }

    /// <summary>A login by a mechanism that may encrypt what follows.</summary>
    public bool IsSasl { get; private set; }

    public ReadOnlySpan<byte> Type(int index) => _bytes.AsSpan(_types[index].Start, _types[index].Length);

    /// <summary><c>type=value</c>; valid until the next call.</summary>
    public ReadOnlySpan<byte> Pair(int index)
    {
        var attribute = _values[index];
        var length = attribute.TypeLength + 1 + attribute.ValueLength;
        if (_pair.Length < length) _pair = new byte[length];
        _bytes.AsSpan(attribute.TypeStart, attribute.TypeLength).CopyTo(_pair);
        _pair[attribute.TypeLength] = (byte)'=';
        _bytes.AsSpan(attribute.ValueStart, attribute.ValueLength).CopyTo(_pair.AsSpan(attribute.TypeLength + 1));
        return _pair.AsSpan(0, length);
    }

    /// <param name="message">As it came.</param>
    /// <param name="isCut">It goes on, and the rest is not there.</param>
    /// <returns>False if it is no message, or a broken one; what was read until then is kept.</returns>
    public bool TryRead(ReadOnlySpan<byte> message, bool isCut)
    {
        _types.Clear();
        _values.Clear();
        (Id, Operation, HasName, ResultCode, IsStartTls, IsSasl, _name, _text) = (0, (LdapOperation)byte.MaxValue, false, null, false, false, default, default);
        (_contentStart, _contentLength, _controlsStart, _controlsLength) = (0, 0, 0, 0);
        if (_bytes.Length < message.Length) _bytes = new byte[message.Length];
        message.CopyTo(_bytes);
        _length = message.Length;
        var outer = new DerReader(_bytes.AsSpan(0, _length)) { IsCut = isCut };
        var fields = outer.Enter(DerReader.Sequence);
        Id = fields.ReadNumber();
        var content = fields.ReadAny(out var tag);
        if (fields.Failed || (tag & 0xc0) != 0x40) return false;
        Operation = (LdapOperation)(tag & 0x1f);
        (_contentStart, _contentLength) = Place(content);
        if (fields.TryRead(DerReader.Context(0), out var controls)) (_controlsStart, _controlsLength) = Place(controls);
        return TryReadOperation(content, isCut);
    }

    private bool TryReadOperation(ReadOnlySpan<byte> content, bool isCut)
    {
        var fields = new DerReader(content) { IsCut = isCut };
        switch (Operation)
        {
            case LdapOperation.BindRequest:
                fields.ReadNumber();
                Take(fields.Read(DerReader.OctetString));
                IsSasl = fields.Next == DerReader.Context(3);
                break;
            case LdapOperation.DelRequest:
                Take(content);
                return true;
            case LdapOperation.SearchRequest:
                Take(fields.Read(DerReader.OctetString));
                fields.Read(DerReader.Enumerated);
                fields.Read(DerReader.Enumerated);
                fields.Read(DerReader.Integer);
                fields.Read(DerReader.Integer);
                fields.Read(DerReader.Boolean);
                fields.ReadAny(out _);
                var wanted = fields.Enter(DerReader.Sequence);
                while (!wanted.IsEmpty && !wanted.Failed) AddType(wanted.Read(DerReader.OctetString));
                return !fields.Failed && !wanted.Failed;
            case LdapOperation.ModifyRequest:
                Take(fields.Read(DerReader.OctetString));
                var changes = fields.Enter(DerReader.Sequence);
                while (!changes.IsEmpty && !changes.Failed)
                {
                    var change = changes.Enter(DerReader.Sequence);
                    change.Read(DerReader.Enumerated);
                    if (!TryReadAttribute(change.Read(DerReader.Sequence), isCut) || change.Failed) return false;
                }
                return !fields.Failed && !changes.Failed;
            case LdapOperation.AddRequest or LdapOperation.SearchResultEntry:
                Take(fields.Read(DerReader.OctetString));
                var attributes = fields.Enter(DerReader.Sequence);
                while (!attributes.IsEmpty && !attributes.Failed)
                    if (!TryReadAttribute(attributes.Read(DerReader.Sequence), isCut)) return false;
                return !fields.Failed && !attributes.Failed;
            case LdapOperation.ModDnRequest:
                Take(fields.Read(DerReader.OctetString));
                break;
            case LdapOperation.CompareRequest:
                Take(fields.Read(DerReader.OctetString));
                var assertion = fields.Enter(DerReader.Sequence);
                var asked = assertion.Read(DerReader.OctetString);
                AddType(asked);
                AddValue(asked, assertion.Read(DerReader.OctetString));
                return !assertion.Failed;
            case LdapOperation.ExtendedRequest:
                IsStartTls = fields.Read(0x80).SequenceEqual(StartTls);
                break;
            case LdapOperation.BindResponse or LdapOperation.SearchResultDone or LdapOperation.ModifyResponse or LdapOperation.AddResponse or LdapOperation.DelResponse
                or LdapOperation.ModDnResponse or LdapOperation.CompareResponse or LdapOperation.ExtendedResponse:
                var code = fields.ReadNumber(DerReader.Enumerated);
                Take(fields.Read(DerReader.OctetString));
                _text = Place(fields.Read(DerReader.OctetString));
                if (!fields.Failed) ResultCode = (int)Math.Clamp(code, 0, int.MaxValue);
                break;
        }
        return !fields.Failed;
    }

    private bool TryReadAttribute(ReadOnlySpan<byte> attribute, bool isCut)
    {
        var fields = new DerReader(attribute) { IsCut = isCut };
        var type = fields.Read(DerReader.OctetString);
        var values = fields.Enter(DerReader.Set);
        if (fields.Failed) return false;
        AddType(type);
        while (!values.IsEmpty && !values.Failed) AddValue(type, values.Read(DerReader.OctetString));
        return !values.Failed;
    }

    private void AddType(ReadOnlySpan<byte> type)
    {
        if (_types.Count < MaxAttributes) _types.Add(Place(type));
    }

    private void AddValue(ReadOnlySpan<byte> type, ReadOnlySpan<byte> value)
    {
        if (_values.Count == MaxAttributes) return;
        var ((start, length), (valueStart, valueLength)) = (Place(type), Place(value));
        _values.Add(new(start, length, valueStart, valueLength));
    }

    private void Take(ReadOnlySpan<byte> name) => (_name, HasName) = (Place(name), true);

    private (int Start, int Length) Place(ReadOnlySpan<byte> part) => _bytes.AsSpan(0, _length).Overlaps(part, out var offset) ? (offset, part.Length) : (0, 0);
}

/// <summary>Where an attribute's type, and one of its values, lie in a message.</summary>
internal readonly record struct LdapAttribute(int TypeStart, int TypeLength, int ValueStart, int ValueLength);
