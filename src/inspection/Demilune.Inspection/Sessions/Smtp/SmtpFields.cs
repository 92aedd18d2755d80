using System.Text.Json;
using Demilune.Inspection.Events;
using Demilune.Inspection.Events.Eve;

namespace Demilune.Inspection.Sessions.Smtp;

/// <summary>EVE's <c>smtp</c> object, and <c>email</c> beside it.</summary>
internal sealed class SmtpFields(SmtpTransaction transaction) : IRecordFields
{
    private readonly EveText _text = new();

    public void Write(Utf8JsonWriter json)
    {
        if (transaction.Hello.Length > 0) json.WriteString("helo"u8, _text.Of(transaction.Hello));
        if (transaction.From is { } from) json.WriteString("mail_from"u8, _text.Of(from));
        if (transaction.Receivers.Count == 0) return;
        json.WriteStartArray("rcpt_to"u8);
        foreach (var receiver in transaction.Receivers) json.WriteStringValue(_text.Of(receiver));
        json.WriteEndArray();
    }

    public void WriteBeside(Utf8JsonWriter json)
    {
        if (!transaction.Mail.HasBegun) return;
        json.WriteStartObject("email"u8);
        transaction.Mail.Write(json, _text);
        json.WriteEndObject();
    }
}
