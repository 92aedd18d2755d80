namespace Demilune.Inspection.Events;

/// <summary>Fields of a record that come with the server's certificates.</summary>
public interface ICertificateFields
{
    /// <summary>In DER, the server's own first; empty: none was shown yet.</summary>
    IReadOnlyList<byte[]> Certificates { get; }

    /// <summary>Of the first, as EVE has them; empty if it cannot be read.</summary>
    string Subject { get; }
    string Issuer { get; }
    string Fingerprint { get; }
}
