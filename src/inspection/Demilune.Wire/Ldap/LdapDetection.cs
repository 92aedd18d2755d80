namespace Demilune.Wire.Ldap;

/// <summary>Recognises LDAP by the first message of either side (RFC 4511 §4.1.1): a sequence of a number and an operation that this side sends.</summary>
public static class LdapDetection
{
    private const byte Sequence = 0x30, Integer = 0x02;

    /// <summary>Operations' tags, as they are on the wire.</summary>
    private static ReadOnlySpan<byte> OfClients => [0x60, 0x42, 0x63, 0x66, 0x68, 0x4a, 0x6c, 0x6e, 0x50, 0x77];
    private static ReadOnlySpan<byte> OfServers => [0x61, 0x64, 0x65, 0x67, 0x69, 0x6b, 0x6d, 0x6f, 0x73, 0x78, 0x79];

    public static Detection OfClient(ReadOnlySpan<byte> bytes) => Of(bytes, OfClients);

    public static Detection OfServer(ReadOnlySpan<byte> bytes) => Of(bytes, OfServers);

    private static Detection Of(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> operations)
    {
        if (bytes is [not Sequence, ..]) return Detection.No;
        if (bytes.Length < 2) return Detection.Incomplete;
        var size = bytes[1] < 0x80 ? 0 : bytes[1] & 0x7f;
        if (size > 4 || bytes[1] == 0x80) return Detection.No;
        var number = 2 + size;
        if (bytes.Length > number && bytes[number] != Integer) return Detection.No;
        if (bytes.Length < number + 2) return Detection.Incomplete;
        var length = bytes[number + 1];
        if (length is 0 or > 4) return Detection.No;
        var operation = number + 2 + length;
        return bytes.Length <= operation ? Detection.Incomplete : operations.Contains(bytes[operation]) ? Detection.Yes : Detection.No;
    }
}
