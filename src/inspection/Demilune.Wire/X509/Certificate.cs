using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Demilune.Wire.Asn1;

namespace Demilune.Wire.X509;

/// <summary>What is told of a certificate (RFC 5280 §4.1). Nothing of it is verified: this is what it says, not what is true.</summary>
public sealed class Certificate
{
    /// <summary>Names that are kept of a certificate: content networks put some hundred into one.</summary>
    private const int MaxAlternativeNames = 256;

    /// <summary>As EVE and rules have it: <c>C=US, O=Example, CN=www.example.com</c>.</summary>
    public string Subject { get; private set; } = "";
    public string Issuer { get; private set; } = "";

    /// <summary>Pairs of capital hexadecimal digits with colons between.</summary>
    public string Serial { get; private set; } = "";

    /// <summary>SHA-1 of the whole, pairs of small hexadecimal digits with colons between.</summary>
    public string Fingerprint { get; private set; } = "";
    public DateTime NotBefore { get; private set; }
    public DateTime NotAfter { get; private set; }

    /// <summary>DNS names, mail addresses, URIs and IP addresses, in order.</summary>
    public IReadOnlyList<string> AlternativeNames { get; private set; } = [];

    /// <param name="der">The certificate, whole.</param>
    /// <param name="certificate">What it says; null if it cannot be read.</param>
    [SuppressMessage("Security", "CA5350", Justification = "Certificates are commonly called by their SHA-1; nothing is trusted because of it.")]
    public static CertificateFault Read(ReadOnlySpan<byte> der, out Certificate? certificate)
    {
        certificate = null;
        var outer = new DerReader(der);
        var whole = outer.Enter(DerReader.Sequence);
        var body = whole.Enter(DerReader.Sequence);
        if (whole.Failed) return CertificateFault.Der;
        if (body.TryRead(DerReader.Context(0), out var version))
        {
            var number = new DerReader(version);
            if (number.ReadNumber() is < 0 or > 2 || number.Failed) return CertificateFault.Version;
        }
        var serial = body.Read(DerReader.Integer);
        if (body.Failed || serial.IsEmpty) return CertificateFault.Serial;
        body.Read(DerReader.Sequence);
        if (body.Failed) return CertificateFault.Algorithm;
        if (!DistinguishedName.TryFormat(body.Read(DerReader.Sequence), out var issuer) || body.Failed) return CertificateFault.Issuer;
        var validity = body.Enter(DerReader.Sequence);
        if (body.Failed || !TryReadTime(ref validity, out var notBefore) || !TryReadTime(ref validity, out var notAfter)) return CertificateFault.Date;
        if (!DistinguishedName.TryFormat(body.Read(DerReader.Sequence), out var subject) || body.Failed) return CertificateFault.Subject;
        body.Read(DerReader.Sequence);
        if (body.Failed) return CertificateFault.Algorithm;
        certificate = new()
        {
            Subject = subject, Issuer = issuer, Serial = Colons(serial, isUpper: true), Fingerprint = Colons(SHA1.HashData(der), isUpper: false),
            NotBefore = notBefore, NotAfter = notAfter, AlternativeNames = ReadAlternativeNames(ref body),
        };
        return CertificateFault.None;
    }

    private static bool TryReadTime(ref DerReader reader, out DateTime time)
    {
        var text = Encoding.ASCII.GetString(reader.ReadAny(out var tag));
        time = default;
        if (reader.Failed || text.Length > 24) return false;
        const DateTimeStyles styles = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        if (tag == DerReader.GeneralizedTime) return DateTime.TryParseExact(text, "yyyyMMddHHmmss'Z'", CultureInfo.InvariantCulture, styles, out time);
        if (tag != DerReader.UtcTime || text.Length < 2) return false;
        // RFC 5280 §4.1.2.5.1: two digits of the year, 1950 to 2049.
        text = (text[0] < '5' ? "20" : "19") + text;
        return DateTime.TryParseExact(text, "yyyyMMddHHmmss'Z'", CultureInfo.InvariantCulture, styles, out time)
            || DateTime.TryParseExact(text, "yyyyMMddHHmm'Z'", CultureInfo.InvariantCulture, styles, out time);
    }

    private static List<string> ReadAlternativeNames(ref DerReader body)
    {
        var names = new List<string>();
        while (!body.IsEmpty && !body.Failed)
        {
            var content = body.ReadAny(out var tag);
            if (tag != DerReader.Context(3)) continue;
            var holder = new DerReader(content);
            var extensions = holder.Enter(DerReader.Sequence);
            while (!extensions.IsEmpty)
            {
                var extension = extensions.Enter(DerReader.Sequence);
                var id = extension.Read(DerReader.ObjectIdentifier);
                extension.TryRead(DerReader.Boolean, out _);
                var value = extension.Read(DerReader.OctetString);
                if (extensions.Failed || extension.Failed || !id.SequenceEqual((ReadOnlySpan<byte>)[0x55, 0x1d, 0x11])) continue;
                var wrapped = new DerReader(value);
                var list = wrapped.Enter(DerReader.Sequence);
                while (!list.IsEmpty && names.Count < MaxAlternativeNames)
                {
                    var name = list.ReadAny(out var kind);
                    if (kind is 0x81 or 0x82 or 0x86) names.Add(Encoding.Latin1.GetString(name));
                    else if (kind == 0x87 && name.Length is 4 or 16) names.Add(new System.Net.IPAddress(name).ToString());
                }
            }
        }
        return names;
    }

    private static string Colons(ReadOnlySpan<byte> bytes, bool isUpper)
    {
        var text = new StringBuilder(bytes.Length * 3);
        foreach (var value in bytes)
        {
            if (text.Length > 0) text.Append(':');
            text.Append(value.ToString(isUpper ? "X2" : "x2", CultureInfo.InvariantCulture));
        }
        return text.ToString();
    }
}

/// <summary>Where a certificate stops making sense.</summary>
public enum CertificateFault : byte
{
    None,
    Der,
    Version,
    Serial,
    Algorithm,
    Issuer,
    Date,
    Subject,
}
