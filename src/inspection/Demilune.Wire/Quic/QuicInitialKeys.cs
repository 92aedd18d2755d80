using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Demilune.Wire.Quic;

/// <summary>The keys of Initial packets, which everybody on the path can work out (RFC 9001 §5.2): they protect against accidents, not against readers.</summary>
/// <remarks>Belongs to one thread.</remarks>
public sealed class QuicInitialKeys : IDisposable
{
    private const int KeyLength = 16, NonceLength = 12, TagLength = 16, SampleLength = 16, MaxPacketNumber = 4;

    private static ReadOnlySpan<byte> SaltOf1 => [0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a];
    private static ReadOnlySpan<byte> SaltOf2 => [0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93, 0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9];
    private static ReadOnlySpan<byte> SaltOfDraft29 => [0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97, 0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99];
    private static ReadOnlySpan<byte> SaltOfDraft23 => [0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7, 0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02];

    private readonly Side _client;
    private readonly Side _server;

    /// <param name="version">Of the packet; one of <see cref="QuicVersions.IsStandard"/>.</param>
    /// <param name="destination">What the client called the server first.</param>
    public QuicInitialKeys(uint version, ReadOnlySpan<byte> destination)
    {
        var salt = version switch
        {
            QuicVersions.Version1 or 0xff000021 or 0xff000022 => SaltOf1,
            QuicVersions.Version2 => SaltOf2,
            >= 0xff00001d => SaltOfDraft29,
            _ => SaltOfDraft23,
        };
        Span<byte> secret = stackalloc byte[SHA256.HashSizeInBytes];
        HKDF.Extract(HashAlgorithmName.SHA256, destination, salt, secret);
        var prefix = version == QuicVersions.Version2 ? "quicv2 " : "quic ";
        (_client, _server) = (new(secret, "client in", prefix), new(secret, "server in", prefix));
    }

    /// <summary>Takes the protection off.</summary>
    /// <param name="fromClient">Who sent it.</param>
    /// <param name="packet">Header and content.</param>
    /// <param name="headerLength">Bytes before the packet's number.</param>
    /// <param name="plain">Gets the frames; as long as the packet.</param>
    /// <param name="length">Bytes written.</param>
    /// <returns>False: it is not what these keys protect.</returns>
    public bool TryOpen(bool fromClient, ReadOnlySpan<byte> packet, int headerLength, Span<byte> plain, out int length)
    {
        length = 0;
        var side = fromClient ? _client : _server;
        if (packet.Length < headerLength + MaxPacketNumber + SampleLength) return false;
        Span<byte> mask = stackalloc byte[SampleLength];
        side.HeaderProtection.EncryptEcb(packet.Slice(headerLength + MaxPacketNumber, SampleLength), mask, PaddingMode.None);
        Span<byte> header = stackalloc byte[headerLength + MaxPacketNumber];
        packet[..header.Length].CopyTo(header);
        header[0] ^= (byte)(mask[0] & 0x0f);
        var numberLength = (header[0] & 3) + 1;
        Span<byte> nonce = stackalloc byte[NonceLength];
        side.Nonce.CopyTo(nonce);
        for (var i = 0; i < numberLength; i++)
        {
            header[headerLength + i] ^= mask[1 + i];
            nonce[NonceLength - numberLength + i] ^= header[headerLength + i];
        }
        header = header[..(headerLength + numberLength)];
        var sealedBytes = packet[header.Length..];
        length = sealedBytes.Length - TagLength;
        if (length < 0) return false;
        try
        {
            side.Packet.Decrypt(nonce, sealedBytes[..length], sealedBytes[length..], plain[..length], header);
            return true;
        }
        catch (CryptographicException)
        {
            length = 0;
            return false;
        }
    }

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    private sealed class Side : IDisposable
    {
        public Side(ReadOnlySpan<byte> initial, string name, string prefix)
        {
            Span<byte> secret = stackalloc byte[SHA256.HashSizeInBytes];
            Expand(initial, name, secret);
            Span<byte> key = stackalloc byte[KeyLength];
            Expand(secret, prefix + "key", key);
            Packet = new(key, TagLength);
            Expand(secret, prefix + "iv", Nonce);
            Expand(secret, prefix + "hp", key);
            HeaderProtection.SetKey(key);
        }

        public AesGcm Packet { get; }
        public Aes HeaderProtection { get; } = Aes.Create();
        public byte[] Nonce { get; } = new byte[NonceLength];

        public void Dispose()
        {
            Packet.Dispose();
            HeaderProtection.Dispose();
        }

        /// <summary>HKDF-Expand-Label (RFC 8446 §7.1) without a context.</summary>
        private static void Expand(ReadOnlySpan<byte> secret, string label, Span<byte> output)
        {
            Span<byte> info = stackalloc byte[64];
            BinaryPrimitives.WriteUInt16BigEndian(info, (ushort)output.Length);
            var length = Encoding.ASCII.GetBytes("tls13 " + label, info[3..]);
            info[2] = (byte)length;
            info[3 + length] = 0;
            HKDF.Expand(HashAlgorithmName.SHA256, secret, output, info[..(4 + length)]);
        }
    }
}
