namespace Demilune.Inspection.Tests.Traffic;

/// <summary>Puts elements of DER together.</summary>
internal static class Der
{
    public static byte[] Element(int tag, params byte[][] parts)
    {
        var content = parts.SelectMany(part => part).ToArray();
        return content.Length < 0x80 ? [(byte)tag, (byte)content.Length, .. content] : [(byte)tag, 0x82, (byte)(content.Length >> 8), (byte)content.Length, .. content];
    }

    public static byte[] Sequence(params byte[][] parts) => Element(0x30, parts);

    public static byte[] Number(int number) => Element(2, [(byte)number]);

    public static byte[] Octets(ReadOnlySpan<byte> bytes) => Element(4, bytes.ToArray());

    public static byte[] Text(ReadOnlySpan<byte> bytes) => Element(0x1b, bytes.ToArray());

    public static byte[] Field(int number, params byte[][] parts) => Element(0xa0 | number, parts);
}
