using System.Globalization;
using System.Text;
using Demilune.Wire.Asn1;

namespace Demilune.Wire.X509;

/// <summary>Names of subjects and issuers (RFC 5280 §4.1.2.4) as one text, in the order of the certificate.</summary>
internal static class DistinguishedName
{
    /// <summary>Of a longer name the beginning is told: RFC 5280 gives an attribute 64 to 128 characters, and a name has a dozen.</summary>
    private const int MaxLength = 8192;

    private static readonly Dictionary<string, string> s_types = new()
    {
        ["2.5.4.3"] = "CN", ["2.5.4.4"] = "surname", ["2.5.4.5"] = "serialNumber", ["2.5.4.6"] = "C", ["2.5.4.7"] = "L", ["2.5.4.8"] = "ST",
        ["2.5.4.9"] = "street", ["2.5.4.10"] = "O", ["2.5.4.11"] = "OU", ["2.5.4.12"] = "title", ["2.5.4.13"] = "description",
        ["2.5.4.15"] = "businessCategory", ["2.5.4.16"] = "postalAddress", ["2.5.4.17"] = "postalCode", ["2.5.4.41"] = "name",
        ["2.5.4.42"] = "givenName", ["2.5.4.43"] = "initials", ["2.5.4.44"] = "generationQualifier", ["2.5.4.46"] = "dnQualifier",
        ["2.5.4.65"] = "pseudonym", ["2.5.4.97"] = "organizationIdentifier", ["1.2.840.113549.1.9.1"] = "Email",
        ["1.2.840.113549.1.9.2"] = "unstructuredName", ["2.5.29.17"] = "subjectAltName", ["0.9.2342.19200300.100.1.1"] = "UID", ["0.9.2342.19200300.100.1.25"] = "DC",
        ["1.3.6.1.4.1.311.60.2.1.1"] = "jurisdictionL", ["1.3.6.1.4.1.311.60.2.1.2"] = "jurisdictionST", ["1.3.6.1.4.1.311.60.2.1.3"] = "jurisdictionC",
    };

    public static bool TryFormat(ReadOnlySpan<byte> content, out string text)
    {
        var result = new StringBuilder();
        var sets = new DerReader(content);
        while (!sets.IsEmpty && result.Length < MaxLength)
        {
            var set = sets.Enter(DerReader.Set);
            var separator = result.Length > 0 ? ", " : "";
            while (!set.IsEmpty)
            {
                var pair = set.Enter(DerReader.Sequence);
                var type = pair.Read(DerReader.ObjectIdentifier);
                var value = pair.ReadAny(out var tag);
                if (pair.Failed || set.Failed)
                {
                    text = "";
                    return false;
                }
                var id = ObjectIdentifier.Text(type);
                result.Append(separator).Append(s_types.GetValueOrDefault(id) ?? id).Append('=');
                Append(result, tag, value[..Math.Min(value.Length, MaxLength)]);
                separator = " + ";
            }
        }
        text = result.ToString();
        return !sets.Failed && (sets.IsEmpty || result.Length >= MaxLength);
    }

    private static void Append(StringBuilder result, byte tag, ReadOnlySpan<byte> value)
    {
        switch (tag)
        {
            case DerReader.Utf8String or DerReader.PrintableString or DerReader.Ia5String or DerReader.NumericString or DerReader.VisibleString:
                result.Append(Encoding.UTF8.GetString(value));
                break;
            case DerReader.TeletexString or DerReader.GeneralString:
                result.Append(Encoding.Latin1.GetString(value));
                break;
            case DerReader.BmpString:
                result.Append(Encoding.BigEndianUnicode.GetString(value));
                break;
            default:
                result.Append('#').Append(Convert.ToHexStringLower(value));
                break;
        }
    }
}
