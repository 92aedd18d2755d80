using System.Text.Json;
using Demilune.Inspection.Events.Eve;
using Demilune.Inspection.Sessions.DceRpc;
using Demilune.Rules.Buffers;
using Demilune.Wire.Smb;

namespace Demilune.Inspection.Sessions.Smb;

/// <summary>What one kind of transaction has beside what all have.</summary>
internal abstract class SmbDetails
{
    public abstract void Write(Utf8JsonWriter json, EveText text);

    public virtual bool TryGet(Side facing, BufferId id, int instance, ReadOnlySpan<byte> piece, out BufferView view)
    {
        view = default;
        return false;
    }
}

internal sealed class NegotiateDetails(SmbSession session) : SmbDetails
{
    public List<string> Dialects { get; } = [];
    public byte[]? ClientGuid { get; set; }
    public byte[]? ServerGuid { get; set; }

    public override void Write(Utf8JsonWriter json, EveText text)
    {
        json.WriteStartArray("client_dialects"u8);
        foreach (var dialect in Dialects) json.WriteStringValue(dialect);
        json.WriteEndArray();
        if (ClientGuid is not null) json.WriteString("client_guid"u8, SmbNames.FileId(ClientGuid));
        if (ServerGuid is not null) json.WriteString("server_guid"u8, SmbNames.FileId(ServerGuid));
        if (session.MaxRead > 0) json.WriteNumber("max_read_size"u8, session.MaxRead);
        if (session.MaxWrite > 0) json.WriteNumber("max_write_size"u8, session.MaxWrite);
    }
}

internal sealed class SessionSetupDetails : SmbDetails
{
    public NtlmMessage? Ntlm { get; set; }
    public (byte[] System, byte[] Manager)? Client { get; set; }
    public (byte[] System, byte[] Manager)? Server { get; set; }

    public override void Write(Utf8JsonWriter json, EveText text)
    {
        if (Ntlm is not null)
        {
            json.WriteStartObject("ntlmssp"u8);
            json.WriteString("domain"u8, text.Of(Ntlm.Domain));
            json.WriteString("user"u8, text.Of(Ntlm.User));
            json.WriteString("host"u8, text.Of(Ntlm.Host));
            if (Ntlm.Version.Length > 0) json.WriteString("version"u8, Ntlm.Version);
            json.WriteEndObject();
        }
        WriteHost(json, text, "request"u8, Client);
        WriteHost(json, text, "response"u8, Server);
    }

    public override bool TryGet(Side facing, BufferId id, int instance, ReadOnlySpan<byte> piece, out BufferView view)
    {
        var found = id switch { BufferId.SmbNtlmsspUser => Ntlm?.User, BufferId.SmbNtlmsspDomain => Ntlm?.Domain, _ => null };
        view = new(found);
        return instance == 0 && found is { Length: > 0 };
    }

    private static void WriteHost(Utf8JsonWriter json, EveText text, ReadOnlySpan<byte> name, (byte[] System, byte[] Manager)? host)
    {
        if (host is not { } found) return;
        json.WriteStartObject(name);
        json.WriteString("native_os"u8, text.Of(found.System));
        json.WriteString("native_lm"u8, text.Of(found.Manager));
        json.WriteEndObject();
    }
}

internal sealed class TreeConnectDetails(int version, byte[] share) : SmbDetails
{
    public byte[] Share { get; } = share;
    public bool IsPipe { get; set; }
    public int ShareType { get; set; }
    public byte[]? RequestedService { get; init; }
    public byte[]? Service { get; set; }

    public override void Write(Utf8JsonWriter json, EveText text)
    {
        json.WriteString(IsPipe ? "named_pipe"u8 : "share"u8, text.Of(Share));
        if (version == 1)
        {
            json.WriteStartObject("service"u8);
            if (RequestedService is not null) json.WriteString("request"u8, text.Of(RequestedService));
            if (Service is not null) json.WriteString("response"u8, text.Of(Service));
            json.WriteEndObject();
            return;
        }
        json.WriteString("share_type"u8, ShareType switch { 1 => "FILE"u8, 2 => "PIPE"u8, 3 => "PRINT"u8, _ => "UNKNOWN"u8 });
    }

    public override bool TryGet(Side facing, BufferId id, int instance, ReadOnlySpan<byte> piece, out BufferView view)
    {
        view = new(Share);
        return instance == 0 && Share.Length > 0 && id == (IsPipe ? BufferId.SmbNamedPipe : BufferId.SmbShare);
    }
}

internal sealed class CreateDetails(byte[] name, uint disposition, bool isDirectory, bool deletesOnClose) : SmbDetails
{
    /// <summary>Seconds from 1601 to 1970, and what Windows counts in one of them.</summary>
    private const long Epoch = 11_644_473_600, Ticks = 10_000_000;

    public byte[] Name { get; } = name;
    public long[] Times { get; } = new long[4];
    public long Size { get; set; }
    public byte[] FileId { get; set; } = [];

    public override void Write(Utf8JsonWriter json, EveText text)
    {
        if (Name.Length == 0) json.WriteString("filename"u8, "<share_root>"u8);
        else json.WriteString(isDirectory ? "directory"u8 : "filename"u8, text.Of(Name));
        json.WriteString("disposition"u8, disposition switch
        {
            0 => "FILE_SUPERSEDE"u8,
            1 => "FILE_OPEN"u8,
            2 => "FILE_CREATE"u8,
            3 => "FILE_OPEN_IF"u8,
            4 => "FILE_OVERWRITE"u8,
            5 => "FILE_OVERWRITE_IF"u8,
            _ => "UNKNOWN"u8,
        });
        json.WriteString("access"u8, deletesOnClose ? "delete on close"u8 : "normal"u8);
        json.WriteNumber("created"u8, Seconds(0));
        json.WriteNumber("accessed"u8, Seconds(1));
        json.WriteNumber("modified"u8, Seconds(2));
        json.WriteNumber("changed"u8, Seconds(3));
        json.WriteNumber("size"u8, Size);
        json.WriteString("fuid"u8, SmbNames.FileId(FileId));
    }

    private long Seconds(int index) => Math.Max(0, Times[index] / Ticks - Epoch);
}

internal sealed class FileDetails(byte[] name, byte[] share, byte[] fileId) : SmbDetails
{
    public override void Write(Utf8JsonWriter json, EveText text)
    {
        json.WriteString("filename"u8, text.Of(name));
        json.WriteString("share"u8, text.Of(share));
        json.WriteString("fuid"u8, SmbNames.FileId(fileId));
    }
}

internal sealed class RenameDetails(int version, byte[] from, byte[] to, byte[] fileId) : SmbDetails
{
    public override void Write(Utf8JsonWriter json, EveText text)
    {
        if (version == 2)
        {
            json.WriteStartObject("set_info"u8);
            json.WriteString("class"u8, "FILE_INFO"u8);
            json.WriteString("info_level"u8, "SMB2_FILE_RENAME_INFO"u8);
            json.WriteEndObject();
        }
        json.WriteStartObject("rename"u8);
        json.WriteString("from"u8, text.Of(from));
        json.WriteString("to"u8, text.Of(to));
        json.WriteEndObject();
        json.WriteString("fuid"u8, SmbNames.FileId(fileId));
    }
}

internal sealed class DispositionDetails(byte[] name, bool deletesOnClose, byte[] fileId) : SmbDetails
{
    public override void Write(Utf8JsonWriter json, EveText text)
    {
        json.WriteString("filename"u8, name.Length == 0 ? "<share_root>"u8 : text.Of(name));
        json.WriteString("access"u8, deletesOnClose ? "delete on close"u8 : "normal"u8);
        json.WriteString("fuid"u8, SmbNames.FileId(fileId));
    }
}

internal sealed class IoctlDetails(uint function) : SmbDetails
{
    public override void Write(Utf8JsonWriter json, EveText text) => json.WriteString("function"u8, SmbNames.Function(function));
}

internal sealed class DceDetails(DceCall call, DceConversation conversation) : SmbDetails
{
    public override void Write(Utf8JsonWriter json, EveText text)
    {
        json.WriteStartObject("dcerpc"u8);
        DceFields.WriteInSmb(json, call, conversation);
        json.WriteEndObject();
    }

    public override bool TryGet(Side facing, BufferId id, int instance, ReadOnlySpan<byte> piece, out BufferView view) => call.TryGet(facing, id, instance, piece, out view);
}
