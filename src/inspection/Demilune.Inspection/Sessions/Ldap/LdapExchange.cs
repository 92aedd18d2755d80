using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;
using Demilune.Wire.Ldap;

namespace Demilune.Inspection.Sessions.Ldap;

/// <summary>A request and all that answers it: EVE's <c>ldap</c> object. What is told is written when it comes, since nothing else is kept of it.</summary>
internal sealed class LdapExchange : Exchange
{
    /// <summary>Answers that are told, and bytes that they have in JSON; a search may find a million.</summary>
    private const int MaxTold = 256;
    private const int MaxText = 256 << 10;

    /// <summary>Answers that rules can ask for one by one.</summary>
    private const int MaxListed = 1024;

    private readonly ArrayBufferWriter<byte> _request = new(), _responses = new();
    private readonly LdapFields _fields = new();
    private byte[] _operations = new byte[1], _codes = new byte[1];
    private int _listed = 1;
    private int _told;

    public override string RecordType => "ldap";

    /// <summary>Null: it is answered and was never asked.</summary>
    public LdapOperation? Asked { get; private set; }
    public bool IsStartTls { get; private set; }
    public bool IsSasl { get; private set; }
    public int Count { get; private set; }

    /// <summary>No answer will follow.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>As <c>ListedNumberStep</c> takes them.</summary>
    public ReadOnlySpan<byte> Operations => _operations.AsSpan(0, _listed);
    public ReadOnlySpan<byte> Codes => _codes.AsSpan(0, _listed);

    public override void Clear()
    {
        base.Clear();
        _request.ResetWrittenCount();
        _responses.ResetWrittenCount();
        (Asked, IsStartTls, IsSasl, Count, IsComplete, _listed, _told) = (null, false, false, 0, false, 1, 0);
        _operations[0] = _codes[0] = 0;
    }

    public void Ask(LdapMessage message, bool isTold)
    {
        (Asked, IsStartTls, IsSasl) = (message.Operation, message.IsStartTls, message.IsSasl);
        if (isTold) _fields.WriteRequest(message, _request);
    }

    public void Answer(LdapMessage message, bool isTold)
    {
        Count++;
        List(message);
        if (isTold && _told < MaxTold && _responses.WrittenCount < MaxText)
        {
            if (_told++ > 0) _responses.Write(","u8);
            _fields.WriteResponse(message, withId: Asked is null, _responses);
        }
        // Of a search the last answer is the one that says how it went.
        if (message.ResultCode is null) return;
        IsComplete = true;
        _operations[0] = _codes[0] = 1;
    }

    public override void Write(Utf8JsonWriter json)
    {
        if (_request.WrittenCount > 0)
        {
            json.WritePropertyName("request"u8);
            json.WriteRawValue(_request.WrittenSpan, skipInputValidation: true);
        }
        if (_told == 0) return;
        json.WritePropertyName("responses"u8);
        var list = ArrayPool<byte>.Shared.Rent(_responses.WrittenCount + 2);
        list[0] = (byte)'[';
        _responses.WrittenSpan.CopyTo(list.AsSpan(1));
        list[_responses.WrittenCount + 1] = (byte)']';
        json.WriteRawValue(list.AsSpan(0, _responses.WrittenCount + 2), skipInputValidation: true);
        ArrayPool<byte>.Shared.Return(list);
    }

    private void List(LdapMessage message)
    {
        if (_listed > MaxListed * sizeof(uint)) return;
        if (_operations.Length < _listed + sizeof(uint))
        {
            Array.Resize(ref _operations, (_listed * 2) + sizeof(uint));
            Array.Resize(ref _codes, _operations.Length);
        }
        BinaryPrimitives.WriteUInt32BigEndian(_operations.AsSpan(_listed), (uint)message.Operation);
        BinaryPrimitives.WriteUInt32BigEndian(_codes.AsSpan(_listed), message.ResultCode is { } code ? (uint)code : uint.MaxValue);
        _listed += sizeof(uint);
    }
}
