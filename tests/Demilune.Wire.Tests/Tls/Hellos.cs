using System.Buffers.Binary;
using System.Text;

namespace Demilune.Wire.Tests.Tls;

/// <summary>Puts handshake messages together.</summary>
internal static class Hellos
{
    public static byte[] Client(string? serverName = "www.example.com", params byte[][] moreExtensions) => Message(1,
    [
        3, 3, .. Enumerable.Range(0, 32).Select(i => (byte)i), 0, 0, 6, 0x1a, 0x1a, 0x13, 0x01, 0xc0, 0x2b, 1, 0,
        .. Vector16(
        [
            .. serverName is null ? [] : Extension(0, Vector16([0, .. Vector16(Encoding.ASCII.GetBytes(serverName))])),
            .. Extension(10, Vector16([0x2a, 0x2a, 0, 29, 0, 23])), .. Extension(11, [1, 0]), .. Extension(13, Vector16([4, 3, 8, 4])),
            .. Extension(16, Vector16([2, (byte)'h', (byte)'2', 8, .. "http/1.1"u8])), .. Extension(43, [4, 3, 4, 3, 3]), .. moreExtensions.SelectMany(bytes => bytes),
        ]),
    ]);

    public static byte[] Server(ushort version = 0x0303) =>
        Message(2, [(byte)(version >> 8), (byte)version, .. Enumerable.Range(100, 32).Select(i => (byte)i), 0, 0xc0, 0x2b, 0, .. Vector16(Extension(23, []))]);

    public static byte[] Certificate(params byte[][] chain) => Message(11, Vector24([.. chain.SelectMany(Vector24)]));

    public static byte[] Record(byte type, params byte[] content) => [type, 3, 1, .. Vector16(content)];

    public static byte[] Message(byte type, byte[] body) => [type, .. Vector24(body)];

    public static byte[] Extension(ushort type, byte[] content) => [(byte)(type >> 8), (byte)type, .. Vector16(content)];

    public static byte[] Vector16(byte[] content)
    {
        var length = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)content.Length);
        return [.. length, .. content];
    }

    private static byte[] Vector24(byte[] content) => [(byte)(content.Length >> 16), (byte)(content.Length >> 8), (byte)content.Length, .. content];
}
