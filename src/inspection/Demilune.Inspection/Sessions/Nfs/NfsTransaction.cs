using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using Demilune.Inspection.Detection;
using Demilune.Inspection.Events;
using Demilune.Inspection.Events.Eve;
using Demilune.Inspection.Files;
using Demilune.Rules.Buffers;
using Demilune.Wire.Nfs;

namespace Demilune.Inspection.Sessions.Nfs;

/// <summary>A call and its reply; or a file, and all calls that read it or write it.</summary>
internal sealed class NfsTransaction : ITransaction, IMessageBuffers, IRecordFields
{
    private readonly EveText _text = new();
    private readonly byte[] _number = new byte[sizeof(long)];

    public int Number { get; init; }
    public bool Lasts => true;
    public string RecordType => "nfs";
    public IRecordFields Record => this;
    public PendingSignatures Pending { get; } = new();

    public uint Xid { get; set; }
    public uint Version { get; init; }
    public uint Procedure { get; init; }
    public NfsAction Action { get; init; }
    public byte[] Handle { get; init; } = [];
    public byte[] Name { get; set; } = [];
    public byte[] NewName { get; init; } = [];
    public uint Flavor { get; init; }

    /// <summary>Of a Unix user.</summary>
    public (byte[] Machine, uint User, uint Group)? User { get; init; }
    public uint ReplyStatus { get; set; }
    public uint Status { get; set; }

    /// <summary>It is about a file as a whole.</summary>
    public bool IsFile { get; init; }
    public TrackedFile? File { get; set; }

    /// <summary>Where the next piece of the file should begin.</summary>
    public long Next { get; set; }

    /// <summary>Of the next piece that a call has asked for.</summary>
    public long Offset { get; set; }
    public int Chunks { get; set; }
    public bool IsLast { get; set; }

    public bool TryGet(BufferId id, int instance, ReadOnlySpan<byte> piece, out BufferView view)
    {
        BinaryPrimitives.WriteInt64BigEndian(_number, id == BufferId.NfsVersion ? Version : Procedure);
        view = new(_number);
        return instance == 0 && id is BufferId.NfsVersion or BufferId.NfsProcedure;
    }

    public void Write(Utf8JsonWriter json)
    {
        json.WriteNumber("version"u8, Version);
        json.WriteString("procedure"u8, NfsNames.OfProcedure(Version, Procedure));
        json.WriteString("filename"u8, _text.Of(Name));
        if (Handle.Length > 0) json.WriteString("hhash"u8, Crc32(Handle).ToString("x", CultureInfo.InvariantCulture));
        json.WriteNumber("id"u8, Number + 1);
        json.WriteBoolean("file_tx"u8, IsFile);
        json.WriteString("type"u8, "response"u8);
        json.WriteString("status"u8, NfsNames.OfStatus(Status));
        if (IsFile)
        {
            json.WriteStartObject(Action == NfsAction.Read ? "read"u8 : "write"u8);
            json.WriteBoolean("first"u8, true);
            json.WriteBoolean("last"u8, IsLast);
            json.WriteNumber("last_xid"u8, Xid);
            json.WriteNumber("chunks"u8, Chunks);
            json.WriteEndObject();
        }
        else if (NewName.Length > 0)
        {
            json.WriteStartObject("rename"u8);
            json.WriteString("from"u8, _text.Of(Name));
            json.WriteString("to"u8, _text.Of(NewName));
            json.WriteEndObject();
        }
    }

    public void WriteBeside(Utf8JsonWriter json)
    {
        json.WriteStartObject("rpc"u8);
        json.WriteNumber("xid"u8, Xid);
        json.WriteString("status"u8, NfsNames.OfReply(ReplyStatus));
        json.WriteString("auth_type"u8, NfsNames.OfFlavor(Flavor));
        if (User is { } user)
        {
            json.WriteStartObject("creds"u8);
            json.WriteString("machine_name"u8, _text.Of(user.Machine));
            json.WriteNumber("uid"u8, user.User);
            json.WriteNumber("gid"u8, user.Group);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    /// <summary>IEEE 802.3's: handles are told by it, for they mean nothing to people.</summary>
    private static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
        }
        return ~crc;
    }
}
