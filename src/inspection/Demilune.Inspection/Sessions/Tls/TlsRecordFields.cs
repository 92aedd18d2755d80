using System.Globalization;
using System.Text.Json;
using Demilune.Inspection.Events;
using Demilune.Inspection.Events.Eve;
using Demilune.Rules.Headers;
using Demilune.Wire.Tls;

namespace Demilune.Inspection.Sessions.Tls;

/// <summary>EVE's <c>tls</c> object.</summary>
internal sealed class TlsRecordFields(TlsSession session, TlsFields fields) : IRecordFields, ICertificateFields
{
    private readonly EveText _text = new();

    public IReadOnlyList<byte[]> Certificates => session.Server.Certificates;
    public string Subject => session.Server.Certificate?.Subject ?? "";
    public string Issuer => session.Server.Certificate?.Issuer ?? "";
    public string Fingerprint => session.Server.Certificate?.Fingerprint ?? "";

    public void Write(Utf8JsonWriter json)
    {
        Write(json, fields);
        if (session.From != AppProtocol.Unknown) json.WriteString("from_proto"u8, ProtocolMatch.NameOf(session.From));
    }

    public void WriteInAlert(Utf8JsonWriter json) => Write(json, TlsFields.Extended | (fields & TlsFields.Ja4));

    private void Write(Utf8JsonWriter json, TlsFields wanted)
    {
        WriteCertificate(json, session.Server, wanted);
        if (Wants(TlsFields.AlternativeNames) && session.Server.Certificate is { AlternativeNames.Count: > 0 } certificate)
        {
            json.WriteStartArray("subjectaltname"u8);
            foreach (var name in certificate.AlternativeNames) json.WriteStringValue(name);
            json.WriteEndArray();
        }
        if (Wants(TlsFields.SessionResumed) && session.IsResumed) json.WriteBoolean("session_resumed"u8, true);
        if (Wants(TlsFields.ServerName) && !session.Client.Hello.ServerName.IsEmpty) json.WriteString("sni"u8, _text.Of(session.Client.Hello.ServerName));
        if (Wants(TlsFields.Version)) json.WriteString("version"u8, TlsVersions.NameOf(session.Server.Version));
        if (Wants(TlsFields.Ja3)) WriteJa3(json, "ja3"u8, session.Client);
        if (Wants(TlsFields.Ja3s)) WriteJa3(json, "ja3s"u8, session.Server);
        if (Wants(TlsFields.Ja4) && !session.Client.Ja4Text.IsEmpty) json.WriteString("ja4"u8, session.Client.Ja4Text);
        if (!Wants(TlsFields.Client) || session.Client.Certificate is null) return;
        json.WriteStartObject("client"u8);
        const TlsFields all = TlsFields.Subject | TlsFields.Issuer | TlsFields.Fingerprint | TlsFields.Serial | TlsFields.NotBefore | TlsFields.NotAfter;
        WriteCertificate(json, session.Client, all
            | (Wants(TlsFields.ClientCertificate) ? TlsFields.Certificate : 0) | (Wants(TlsFields.ClientChain) ? TlsFields.Chain : 0));
        json.WriteEndObject();

        bool Wants(TlsFields field) => (wanted & field) != 0;
    }

    private static void WriteCertificate(Utf8JsonWriter json, TlsSide side, TlsFields wanted)
    {
        if (side.Certificate is { } certificate)
        {
            if ((wanted & TlsFields.Subject) != 0) json.WriteString("subject"u8, certificate.Subject);
            if ((wanted & TlsFields.Issuer) != 0) json.WriteString("issuerdn"u8, certificate.Issuer);
            if ((wanted & TlsFields.Serial) != 0) json.WriteString("serial"u8, certificate.Serial);
            if ((wanted & TlsFields.Fingerprint) != 0) json.WriteString("fingerprint"u8, certificate.Fingerprint);
            if ((wanted & TlsFields.NotBefore) != 0) json.WriteString("notbefore"u8, Time(certificate.NotBefore));
            if ((wanted & TlsFields.NotAfter) != 0) json.WriteString("notafter"u8, Time(certificate.NotAfter));
        }
        if (side.Certificates.Count == 0) return;
        if ((wanted & TlsFields.Certificate) != 0) json.WriteBase64String("certificate"u8, side.Certificates[0]);
        if ((wanted & TlsFields.Chain) == 0) return;
        json.WriteStartArray("chain"u8);
        foreach (var der in side.Certificates) json.WriteBase64StringValue(der);
        json.WriteEndArray();
    }

    private static void WriteJa3(Utf8JsonWriter json, ReadOnlySpan<byte> name, TlsSide side)
    {
        if (side.Ja3Hash.IsEmpty) return;
        json.WriteStartObject(name);
        json.WriteString("hash"u8, side.Ja3Hash);
        json.WriteString("string"u8, side.Ja3Text);
        json.WriteEndObject();
    }

    private static string Time(DateTime time) => time.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture);
}
