using System.Buffers.Binary;

namespace Demilune.Wire.MySql;

/// <summary>What a client says of itself before its first command ("Protocol::HandshakeResponse41"), seen in place.</summary>
public readonly ref struct MySqlHello
{
    /// <summary>Capabilities that change what follows.</summary>
    public const uint ConnectsWithDatabase = 0x8, Compresses = 0x20, Protocol41 = 0x200, Encrypts = 0x800, SecureConnection = 0x8000, NamesPlugin = 0x8_0000, LongAnswer = 0x20_0000,
        LeavesOutEof = 0x100_0000, CompressesZstandard = 0x400_0000, QueryAttributes = 0x800_0000;

    /// <summary>Bytes before the user's name; a request for encryption has no more.</summary>
    public const int FixedLength = 32;

    public uint Capabilities { get; private init; }

    /// <summary>It asks for encryption: what follows is TLS.</summary>
    public bool AsksForEncryption { get; private init; }
    public ReadOnlySpan<byte> User { get; private init; }

    /// <summary>Empty: none.</summary>
    public ReadOnlySpan<byte> Database { get; private init; }

    /// <summary>How it proves who it is; empty: it does not say.</summary>
    public ReadOnlySpan<byte> Plugin { get; private init; }

    public static bool TryRead(ReadOnlySpan<byte> message, out MySqlHello hello)
    {
        hello = default;
        if (message.Length < FixedLength) return false;
        var capabilities = BinaryPrimitives.ReadUInt32LittleEndian(message);
        var rest = message[FixedLength..];
        if (rest.IsEmpty)
        {
            hello = new() { Capabilities = capabilities, AsksForEncryption = (capabilities & Encrypts) != 0 };
            return true;
        }
        var user = MySqlText.TakeString(ref rest);
        if ((capabilities & LongAnswer) != 0) MySqlText.Take(ref rest, MySqlText.TakeNumber(ref rest) ?? 0);
        else if ((capabilities & SecureConnection) != 0) MySqlText.Take(ref rest, rest.IsEmpty ? 0 : 1 + rest[0]);
        else MySqlText.TakeString(ref rest);
        var database = (capabilities & ConnectsWithDatabase) != 0 ? MySqlText.TakeString(ref rest) : default;
        hello = new() { Capabilities = capabilities, User = user, Database = database, Plugin = (capabilities & NamesPlugin) != 0 ? MySqlText.TakeString(ref rest) : default };
        return true;
    }

    /// <summary>The server's version and what it is capable of, from its greeting ("Protocol::HandshakeV10").</summary>
    public static bool TryReadGreeting(ReadOnlySpan<byte> message, out ReadOnlySpan<byte> version, out uint capabilities)
    {
        version = default;
        capabilities = 0;
        if (message is not [10, ..]) return false;
        var rest = message[1..];
        version = MySqlText.TakeString(ref rest);
        // The connection's number, eight bytes of a challenge, a zero; then capabilities in two halves with three bytes between.
        if (rest.Length < 15) return false;
        capabilities = BinaryPrimitives.ReadUInt16LittleEndian(rest[13..]);
        if (rest.Length >= 20) capabilities |= (uint)BinaryPrimitives.ReadUInt16LittleEndian(rest[18..]) << 16;
        return true;
    }
}
