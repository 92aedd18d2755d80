using System.Globalization;
using System.Text.Json;
using Demilune.Wire.DceRpc;

namespace Demilune.Inspection.Sessions.DceRpc;

/// <summary>EVE's <c>dcerpc</c> object, as a record of its own and within SMB's.</summary>
internal static class DceFields
{
    public static void Write(Utf8JsonWriter json, DceCall call, DceConversation conversation)
    {
        json.WriteString("request"u8, call.Request is { Type: { } request, IsComplete: true } ? NameOf(request) : "REQUEST_LOST");
        if (call.Request is { Type: DceType.Request, IsComplete: true })
        {
            json.WriteStartObject("req"u8);
            json.WriteNumber("opnum"u8, call.Operation);
            WritePart(json, call.Request);
        }
        else if (call.Request.Type == DceType.Bind)
        {
            WriteInterfaces(json, conversation, withReason: false);
        }
        json.WriteString("response"u8, call.Response is { Type: { } response and not DceType.Fault, IsComplete: true } ? NameOf(response) : "UNREPLIED");
        if (call.Response is { Type: DceType.Response, IsComplete: true })
        {
            json.WriteStartObject("res"u8);
            WritePart(json, call.Response);
        }
        json.WriteNumber("call_id"u8, call.Id);
        json.WriteString("rpc_version"u8, string.Create(CultureInfo.InvariantCulture, $"5.{conversation.MinorVersion}"));
    }

    public static void WriteDatagram(Utf8JsonWriter json, DceCall call)
    {
        json.WriteString("request"u8, call.Request.IsComplete ? "REQUEST"u8 : "REQUEST_LOST"u8);
        if (call.Request.IsComplete)
        {
            json.WriteStartObject("req"u8);
            json.WriteNumber("opnum"u8, call.Operation);
            WritePart(json, call.Request);
        }
        json.WriteString("response"u8, call.Response.IsComplete ? "RESPONSE"u8 : "UNREPLIED"u8);
        if (call.Response.IsComplete)
        {
            json.WriteStartObject("res"u8);
            WritePart(json, call.Response);
        }
        json.WriteString("activityuuid"u8, call.Activity);
        json.WriteNumber("seqnum"u8, call.Id);
        json.WriteString("rpc_version"u8, "4.0"u8);
    }

    public static void WriteInSmb(Utf8JsonWriter json, DceCall call, DceConversation conversation)
    {
        json.WriteString("request"u8, call.Request.Type is { } request ? NameOf(request) : "REQUEST_LOST");
        json.WriteString("response"u8, call.Response.Type is { } response ? NameOf(response) : "UNREPLIED");
        if (call.Request.Type == DceType.Request)
        {
            json.WriteNumber("opnum"u8, call.Operation);
            json.WriteStartObject("req"u8);
            WritePart(json, call.Request);
            if (call.Context == 0) WriteProposed(json, conversation);
        }
        else if (call.Request.Type == DceType.Bind)
        {
            WriteInterfaces(json, conversation, withReason: true);
        }
        if (call.Response.Type == DceType.Response)
        {
            json.WriteStartObject("res"u8);
            WritePart(json, call.Response);
        }
        json.WriteNumber("call_id"u8, call.Id);
    }

    private static void WritePart(Utf8JsonWriter json, DceCall.Part part)
    {
        json.WriteNumber("frag_cnt"u8, part.Fragments);
        json.WriteNumber("stub_data_size"u8, part.StubLength);
        json.WriteEndObject();
    }

    /// <summary>Beside a call of the first context Suricata has all that was proposed, without the answers; beside others nothing.</summary>
    private static void WriteProposed(Utf8JsonWriter json, DceConversation conversation)
    {
        if (conversation.Interfaces.Count == 0) return;
        json.WriteStartArray("interfaces"u8);
        foreach (var bound in conversation.Interfaces)
        {
            json.WriteStartObject();
            json.WriteString("uuid"u8, bound.Interface.Id);
            json.WriteString("version"u8, string.Create(CultureInfo.InvariantCulture, $"{bound.Interface.Major}.{bound.Interface.Minor}"));
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteInterfaces(Utf8JsonWriter json, DceConversation conversation, bool withReason)
    {
        if (conversation.Interfaces.Count == 0) return;
        json.WriteStartArray("interfaces"u8);
        foreach (var bound in conversation.Interfaces)
        {
            json.WriteStartObject();
            json.WriteString("uuid"u8, bound.Interface.Id);
            json.WriteString("version"u8, string.Create(CultureInfo.InvariantCulture, $"{bound.Interface.Major}.{bound.Interface.Minor}"));
            if (bound.Result is { } result)
            {
                json.WriteNumber("ack_result"u8, result.Result);
                if (withReason) json.WriteNumber("ack_reason"u8, 0);      // as Suricata, which does not keep it
            }
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static string NameOf(DceType type) => type switch
    {
        DceType.Bind => "BIND",
        DceType.BindAck => "BINDACK",
        DceType.BindNak => "BINDNAK",
        DceType.AlterContext => "ALTER_CONTEXT",
        DceType.AlterContextResponse => "ALTER_CONTEXT_RESP",
        DceType.Request => "REQUEST",
        DceType.Response => "RESPONSE",
        DceType.Fault => "FAULT",
        _ => type.ToString().ToUpperInvariant(),
    };
}
