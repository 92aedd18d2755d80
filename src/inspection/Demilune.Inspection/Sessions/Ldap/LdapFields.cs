using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Demilune.Inspection.Events.Eve;
using Demilune.Wire.Asn1;
using Demilune.Wire.Ldap;

namespace Demilune.Inspection.Sessions.Ldap;

/// <summary>Messages as Suricata 8 tells them. Passwords it does not tell.</summary>
#pragma warning disable CA1001   // the writer fills memory of others: it has nothing to give back
internal sealed class LdapFields
#pragma warning restore CA1001
{
    /// <summary>Values, changes or controls of one list that are told.</summary>
    private const int MaxListed = 64;

    private readonly EveText _text = new();
    private readonly Utf8JsonWriter _json = new(Stream.Null, new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });

    public void WriteRequest(LdapMessage message, ArrayBufferWriter<byte> output)
    {
        Begin(output);
        _json.WriteNumber("message_id"u8, message.Id);
        _json.WriteString("operation"u8, LdapNames.Of(message.Operation));
        var fields = new DerReader(message.Content);
        switch (message.Operation)
        {
            case LdapOperation.BindRequest: WriteBind(ref fields); break;
            case LdapOperation.SearchRequest: WriteSearch(ref fields); break;
            case LdapOperation.ModifyRequest: WriteModify(ref fields); break;
            case LdapOperation.AddRequest:
                _json.WriteStartObject("add_request"u8);
                WriteText("entry"u8, fields.Read(DerReader.OctetString));
                WriteAttributes("name"u8, fields.Enter(DerReader.Sequence));
                _json.WriteEndObject();
                break;
            case LdapOperation.DelRequest:
                _json.WriteStartObject("del_request"u8);
                WriteText("dn"u8, message.Content);
                _json.WriteEndObject();
                break;
            case LdapOperation.ModDnRequest: WriteModDn(ref fields); break;
            case LdapOperation.CompareRequest: WriteCompare(ref fields); break;
            case LdapOperation.ExtendedRequest:
                _json.WriteStartObject("extended_request"u8);
                WriteText("name"u8, fields.Read(0x80));
                if (fields.TryRead(0x81, out var value)) WriteText("value"u8, value);
                _json.WriteEndObject();
                break;
        }
        End(message);
    }

    public void WriteResponse(LdapMessage message, bool withId, ArrayBufferWriter<byte> output)
    {
        Begin(output);
        var name = LdapNames.Of(message.Operation);
        _json.WriteString("operation"u8, name);
        if (withId) _json.WriteNumber("message_id"u8, message.Id);
        var fields = new DerReader(message.Content);
        if (message.Operation == LdapOperation.SearchResultEntry)
        {
            _json.WriteStartObject(name);
            WriteText("base_object"u8, fields.Read(DerReader.OctetString));
            WriteAttributes("type"u8, fields.Enter(DerReader.Sequence));
            _json.WriteEndObject();
        }
        else if (message.Operation == LdapOperation.IntermediateResponse)
        {
            _json.WriteStartObject(name);
            if (fields.TryRead(0x80, out var kind)) WriteText("name"u8, kind);
            if (fields.TryRead(0x81, out var value)) WriteText("value"u8, value);
            _json.WriteEndObject();
        }
        else if (message.ResultCode is { } code)
        {
            _json.WriteStartObject(name);
            _json.WriteString("result_code"u8, LdapNames.OfResult(code));
            WriteText("matched_dn"u8, message.Name);
            WriteText("message"u8, message.Text);
            fields.Read(DerReader.Enumerated);
            fields.Read(DerReader.OctetString);
            fields.Read(DerReader.OctetString);
            while (!fields.IsEmpty && !fields.Failed)
            {
                var value = fields.ReadAny(out var tag);
                if (tag == 0x87 && message.Operation == LdapOperation.BindResponse) WriteHex("server_sasl_creds"u8, value);
                else if (tag == 0x8a) WriteText("name"u8, value);
                else if (tag == 0x8b) WriteText("value"u8, value);
            }
            _json.WriteEndObject();
        }
        End(message);
    }

    private void Begin(ArrayBufferWriter<byte> output)
    {
        _json.Reset(output);
        _json.WriteStartObject();
    }

    private void End(LdapMessage message)
    {
        if (!message.Controls.IsEmpty) WriteControls(new(message.Controls));
        _json.WriteEndObject();
        _json.Flush();
    }

    private void WriteBind(ref DerReader fields)
    {
        _json.WriteStartObject("bind_request"u8);
        _json.WriteNumber("version"u8, fields.ReadNumber());
        WriteText("name"u8, fields.Read(DerReader.OctetString));
        if (fields.TryRead(DerReader.Context(3), out var sasl))
        {
            var mechanism = new DerReader(sasl);
            _json.WriteStartObject("sasl"u8);
            WriteText("mechanism"u8, mechanism.Read(DerReader.OctetString));
            if (mechanism.TryRead(DerReader.OctetString, out var credentials)) WriteHex("credentials"u8, credentials);
            _json.WriteEndObject();
        }
        _json.WriteEndObject();
    }

    private void WriteSearch(ref DerReader fields)
    {
        _json.WriteStartObject("search_request"u8);
        WriteText("base_object"u8, fields.Read(DerReader.OctetString));
        _json.WriteNumber("scope"u8, fields.ReadNumber(DerReader.Enumerated));
        _json.WriteNumber("deref_alias"u8, fields.ReadNumber(DerReader.Enumerated));
        _json.WriteNumber("size_limit"u8, fields.ReadNumber());
        _json.WriteNumber("time_limit"u8, fields.ReadNumber());
        _json.WriteBoolean("types_only"u8, fields.Read(DerReader.Boolean) is [not 0, ..]);
        var filter = fields.ReadAny(out var kind);
        if (kind == 0x87)
        {
            _json.WriteStartObject("filter"u8);
            _json.WriteString("type"u8, "present"u8);
            WriteText("value"u8, filter);
            _json.WriteEndObject();
        }
        var attributes = fields.Enter(DerReader.Sequence);
        if (!attributes.IsEmpty)
        {
            _json.WriteStartArray("attributes"u8);
            for (var i = 0; i < MaxListed && !attributes.IsEmpty && !attributes.Failed; i++) _json.WriteStringValue(_text.Of(attributes.Read(DerReader.OctetString)));
            _json.WriteEndArray();
        }
        _json.WriteEndObject();
    }

    private void WriteModify(ref DerReader fields)
    {
        _json.WriteStartObject("modify_request"u8);
        WriteText("object"u8, fields.Read(DerReader.OctetString));
        var changes = fields.Enter(DerReader.Sequence);
        if (!changes.IsEmpty)
        {
            _json.WriteStartArray("changes"u8);
            for (var i = 0; i < MaxListed && !changes.IsEmpty && !changes.Failed; i++)
            {
                var change = changes.Enter(DerReader.Sequence);
                _json.WriteStartObject();
                _json.WriteString("operation"u8, LdapNames.OfChange(change.ReadNumber(DerReader.Enumerated)));
                var attribute = change.Enter(DerReader.Sequence);
                _json.WriteStartObject("modification"u8);
                WriteText("attribute_type"u8, attribute.Read(DerReader.OctetString));
                WriteValues("attribute_values"u8, attribute.Enter(DerReader.Set));
                _json.WriteEndObject();
                _json.WriteEndObject();
            }
            _json.WriteEndArray();
        }
        _json.WriteEndObject();
    }

    private void WriteModDn(ref DerReader fields)
    {
        _json.WriteStartObject("mod_dn_request"u8);
        WriteText("entry"u8, fields.Read(DerReader.OctetString));
        WriteText("new_rdn"u8, fields.Read(DerReader.OctetString));
        _json.WriteBoolean("delete_old_rdn"u8, fields.Read(DerReader.Boolean) is [not 0, ..]);
        if (fields.TryRead(0x80, out var superior)) WriteText("new_superior"u8, superior);
        _json.WriteEndObject();
    }

    private void WriteCompare(ref DerReader fields)
    {
        _json.WriteStartObject("compare_request"u8);
        WriteText("entry"u8, fields.Read(DerReader.OctetString));
        var assertion = fields.Enter(DerReader.Sequence);
        _json.WriteStartObject("attribute_value_assertion"u8);
        WriteText("description"u8, assertion.Read(DerReader.OctetString));
        WriteText("value"u8, assertion.Read(DerReader.OctetString));
        _json.WriteEndObject();
        _json.WriteEndObject();
    }

    private void WriteAttributes(ReadOnlySpan<byte> name, DerReader attributes)
    {
        if (attributes.IsEmpty) return;
        _json.WriteStartArray("attributes"u8);
        for (var i = 0; i < MaxListed && !attributes.IsEmpty && !attributes.Failed; i++)
        {
            var attribute = attributes.Enter(DerReader.Sequence);
            _json.WriteStartObject();
            WriteText(name, attribute.Read(DerReader.OctetString));
            WriteValues("values"u8, attribute.Enter(DerReader.Set));
            _json.WriteEndObject();
        }
        _json.WriteEndArray();
    }

    private void WriteValues(ReadOnlySpan<byte> name, DerReader values)
    {
        if (values.IsEmpty) return;
        _json.WriteStartArray(name);
        for (var i = 0; i < MaxListed && !values.IsEmpty && !values.Failed; i++) _json.WriteStringValue(_text.Of(values.Read(DerReader.OctetString)));
        _json.WriteEndArray();
    }

    private void WriteControls(DerReader controls)
    {
        _json.WriteStartArray("controls"u8);
        for (var i = 0; i < MaxListed && !controls.IsEmpty && !controls.Failed; i++)
        {
            var control = controls.Enter(DerReader.Sequence);
            _json.WriteStartObject();
            WriteText("control_type"u8, control.Read(DerReader.OctetString));
            _json.WriteBoolean("criticality"u8, control.TryRead(DerReader.Boolean, out var isCritical) && isCritical is [not 0, ..]);
            if (control.TryRead(DerReader.OctetString, out var value)) WriteHex("control_value"u8, value);
            _json.WriteEndObject();
        }
        _json.WriteEndArray();
    }

    private void WriteText(ReadOnlySpan<byte> name, ReadOnlySpan<byte> text) => _json.WriteString(name, _text.Of(text));

    private void WriteHex(ReadOnlySpan<byte> name, ReadOnlySpan<byte> bytes) => _json.WriteString(name, Convert.ToHexStringLower(bytes[..Math.Min(bytes.Length, 4096)]));
}
