using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using Demilune.Inspection.Events;
using Demilune.Inspection.Events.Eve;
using Demilune.Wire.Dns;
using Demilune.Wire.Ip;

namespace Demilune.Inspection.Sessions.Dns;

/// <summary>EVE's <c>dns</c> object, version 2.</summary>
internal sealed class DnsFields : IRecordFields
{
    private readonly EveText _text = new();
    private DnsMessage _message = null!;
    private int _transaction;

    /// <summary>Which question a query's record is about.</summary>
    public int Question { get; set; }

    public bool IsAnswer => _message.IsResponse;

    /// <summary>What is asked for, by EVE's names: of a query in its own record, of an answer all together.</summary>
    public IEnumerable<string> Types => IsAnswer ? _message.Questions.Select(question => DnsNames.Of(question.Type)) : _message.Questions.Skip(Question).Take(1).Select(question => DnsNames.Of(question.Type));

    public void Take(DnsMessage message, int transaction) => (_message, _transaction, Question) = (message, transaction, 0);

    public void Write(Utf8JsonWriter json)
    {
        if (!_message.IsResponse)
        {
            json.WriteNumber("version"u8, 2);
            WriteQuestion(json, Question);
            return;
        }
        WriteHead(json);
        if (_message.Answers.Count > 0)
        {
            json.WriteStartArray("answers"u8);
            foreach (var record in _message.Answers) WriteRecord(json, record);
            json.WriteEndArray();
            WriteGrouped(json);
        }
        if (_message.Authorities.Count == 0) return;
        json.WriteStartArray("authorities"u8);
        foreach (var record in _message.Authorities) WriteRecord(json, record);
        json.WriteEndArray();
    }

    public void WriteInAlert(Utf8JsonWriter json)
    {
        json.WriteNumber("version"u8, 2);
        if (_message.IsResponse)
        {
            json.WriteStartObject("answer"u8);
            WriteHead(json);
            json.WriteEndObject();
            return;
        }
        json.WriteStartArray("query"u8);
        for (var question = 0; question < _message.Questions.Count; question++)
        {
            json.WriteStartObject();
            WriteQuestion(json, question);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private void WriteQuestion(Utf8JsonWriter json, int question)
    {
        json.WriteString("type"u8, "query"u8);
        json.WriteNumber("id"u8, _message.Id);
        if (question < _message.Questions.Count) WriteName(json, _message.Questions[question]);
        json.WriteNumber("tx_id"u8, _transaction);
        json.WriteNumber("opcode"u8, _message.Opcode);
    }

    private void WriteHead(Utf8JsonWriter json)
    {
        json.WriteNumber("version"u8, 2);
        json.WriteString("type"u8, "answer"u8);
        json.WriteNumber("id"u8, _message.Id);
        json.WriteString("flags"u8, _message.Flags.ToString("x", CultureInfo.InvariantCulture));
        WriteFlag("qr"u8, 0x8000);
        WriteFlag("aa"u8, 0x400);
        WriteFlag("tc"u8, 0x200);
        WriteFlag("rd"u8, 0x100);
        WriteFlag("ra"u8, 0x80);
        WriteFlag("z"u8, 0x40);
        json.WriteNumber("opcode"u8, _message.Opcode);
        if (_message.Questions.Count > 0) WriteName(json, _message.Questions[0]);
        json.WriteString("rcode"u8, DnsNames.Of(_message.ResponseCode));

        void WriteFlag(ReadOnlySpan<byte> name, int flag)
        {
            if ((_message.Flags & flag) != 0) json.WriteBoolean(name, true);
        }
    }

    private void WriteName(Utf8JsonWriter json, DnsRecord record)
    {
        json.WriteString("rrname"u8, _text.Of(_message.Name(record)));
        json.WriteString("rrtype"u8, DnsNames.Of(record.Type));
    }

    private void WriteRecord(Utf8JsonWriter json, DnsRecord record)
    {
        json.WriteStartObject();
        WriteName(json, record);
        json.WriteNumber("ttl"u8, record.Ttl);
        if (record.Type == DnsType.SOA) WriteAuthority(json, record);
        else if (record.Type == DnsType.SRV) WriteService(json, record);
        else if (HasText(record)) WriteData(json, "rdata"u8, record);
        json.WriteEndObject();
    }

    /// <summary>The same data by type, so that it can be searched for without loops.</summary>
    private void WriteGrouped(Utf8JsonWriter json)
    {
        json.WriteStartObject("grouped"u8);
        for (var i = 0; i < _message.Answers.Count; i++)
        {
            var type = _message.Answers[i].Type;
            if (!HasText(_message.Answers[i]) || IsSeenBefore(type, i)) continue;
            json.WriteStartArray(DnsNames.Of(type));
            for (var j = i; j < _message.Answers.Count; j++)
                if (_message.Answers[j].Type == type) WriteData(json, default, _message.Answers[j]);
            json.WriteEndArray();
        }
        json.WriteEndObject();

        bool IsSeenBefore(DnsType type, int index)
        {
            for (var i = 0; i < index; i++)
                if (_message.Answers[i].Type == type) return true;
            return false;
        }
    }

    private static bool HasText(DnsRecord record) => record.Type is
        DnsType.A or DnsType.AAAA or DnsType.NS or DnsType.CNAME or DnsType.PTR or DnsType.MX or DnsType.TXT or DnsType.NULL;

    /// <param name="name">Empty: an element of an array.</param>
    private void WriteData(Utf8JsonWriter json, ReadOnlySpan<byte> name, DnsRecord record)
    {
        var data = _message.Data(record);
        Span<byte> text = stackalloc byte[DnsName.MaxLength];
        var length = 0;
        var offset = record.Type == DnsType.MX ? 2 : 0;
        switch (record.Type)
        {
            case DnsType.A when data.Length == 4:
                new IpAddress(new UInt128(0, 0xffff_0000_0000UL | BinaryPrimitives.ReadUInt32BigEndian(data))).TryFormat(text, out length);
                break;
            case DnsType.AAAA when data.Length == 16:
                new IpAddress(BinaryPrimitives.ReadUInt128BigEndian(data)).TryFormatWhole(text, out length);
                break;
            case DnsType.NS or DnsType.CNAME or DnsType.PTR or DnsType.MX:
                _message.TryReadName(record, ref offset, text, out length);
                break;
            case DnsType.TXT when data.Length > 0:
                length = Math.Min(data[0], Math.Min(data.Length - 1, text.Length));
                data.Slice(1, length).CopyTo(text);
                break;
        }
        if (name.IsEmpty) json.WriteStringValue(_text.Of(text[..length]));
        else json.WriteString(name, _text.Of(text[..length]));
    }

    private void WriteAuthority(Utf8JsonWriter json, DnsRecord record)
    {
        Span<byte> name = stackalloc byte[DnsName.MaxLength];
        var offset = 0;
        if (!_message.TryReadName(record, ref offset, name, out var length)) return;
        json.WriteStartObject("soa"u8);
        json.WriteString("mname"u8, _text.Of(name[..length]));
        if (_message.TryReadName(record, ref offset, name, out length)) json.WriteString("rname"u8, _text.Of(name[..length]));
        var numbers = _message.Data(record)[offset..];
        if (numbers.Length >= 20)
        {
            json.WriteNumber("serial"u8, BinaryPrimitives.ReadUInt32BigEndian(numbers));
            json.WriteNumber("refresh"u8, BinaryPrimitives.ReadUInt32BigEndian(numbers[4..]));
            json.WriteNumber("retry"u8, BinaryPrimitives.ReadUInt32BigEndian(numbers[8..]));
            json.WriteNumber("expire"u8, BinaryPrimitives.ReadUInt32BigEndian(numbers[12..]));
            json.WriteNumber("minimum"u8, BinaryPrimitives.ReadUInt32BigEndian(numbers[16..]));
        }
        json.WriteEndObject();
    }

    private void WriteService(Utf8JsonWriter json, DnsRecord record)
    {
        var data = _message.Data(record);
        Span<byte> name = stackalloc byte[DnsName.MaxLength];
        var offset = 6;
        if (data.Length < 6 || !_message.TryReadName(record, ref offset, name, out var length)) return;
        json.WriteStartObject("srv"u8);
        json.WriteNumber("priority"u8, BinaryPrimitives.ReadUInt16BigEndian(data));
        json.WriteNumber("weight"u8, BinaryPrimitives.ReadUInt16BigEndian(data[2..]));
        json.WriteNumber("port"u8, BinaryPrimitives.ReadUInt16BigEndian(data[4..]));
        json.WriteString("name"u8, _text.Of(name[..length]));
        json.WriteEndObject();
    }
}
