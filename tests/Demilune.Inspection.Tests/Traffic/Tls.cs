using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Demilune.Inspection.Tests.Traffic;

/// <summary>Records of a handshake that nobody could finish, but everybody can read.</summary>
internal static class Tls
{
    public static byte[] ClientHello(string serverName, ushort offers = 0x0303) => Record(22, Message(1,
    [
        3, 3, .. new byte[32], 0, 0, 2, 0xc0, 0x2b, 1, 0,
        .. Vector16(
        [
            0, 0, .. Vector16(Vector16([0, .. Vector16(Encoding.ASCII.GetBytes(serverName))])),
            .. offers > 0x0303 ? [0, 43, 0, 3, 2, (byte)(offers >> 8), (byte)offers] : (byte[])[],
        ]),
    ]));

    /// <param name="chosen">Above 1.2: in its extension.</param>
    public static byte[] ServerHello(ushort chosen = 0x0303) => Record(22, Message(2,
    [
        3, 3, .. new byte[32], 0, 0xc0, 0x2b, 0, .. chosen > 0x0303 ? Vector16([0, 43, 0, 2, (byte)(chosen >> 8), (byte)chosen]) : [],
    ]));

    public static byte[] Certificate(byte[] der) => Record(22, Message(11, Vector24(Vector24(der))));

    public static byte[] Record(byte type, params byte[] content) => [type, 3, 3, .. Vector16(content)];

    public static byte[] Message(byte type, byte[] body) => [type, .. Vector24(body)];

    public static byte[] MakeCertificate(string name, DateTimeOffset until)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest(name, key, HashAlgorithmName.SHA256).CreateSelfSigned(until.AddYears(-10), until);
        return certificate.RawData;
    }

    private static byte[] Vector16(byte[] content)
    {
        var length = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)content.Length);
        return [.. length, .. content];
    }

    private static byte[] Vector24(byte[] content) => [(byte)(content.Length >> 16), (byte)(content.Length >> 8), (byte)content.Length, .. content];
}
