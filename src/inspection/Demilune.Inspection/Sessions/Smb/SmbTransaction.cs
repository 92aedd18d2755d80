using System.Globalization;
using System.Text.Json;
using Demilune.Inspection.Detection;
using Demilune.Inspection.Events;
using Demilune.Inspection.Events.Eve;
using Demilune.Rules.Buffers;

namespace Demilune.Inspection.Sessions.Smb;

/// <summary>A request and its answer, a file in one direction, or a call over a pipe; EVE's <c>smb</c> object.</summary>
internal sealed class SmbTransaction(SmbSession session) : ITransaction, IMessageBuffers, IRecordFields
{
    private readonly EveText _text = new();

    public int Number { get; init; }
    public string RecordType => "smb";
    public IRecordFields Record => this;
    public PendingSignatures Pending { get; } = new();

    /// <summary>1 or 2.</summary>
    public required int Version { get; init; }
    public required int Command { get; init; }
    public ulong SessionId { get; set; }
    public uint TreeId { get; set; }

    /// <summary>NT's; null: none has come.</summary>
    public uint? Status { get; set; }

    /// <summary>Of SMB 1 before NT; null: none has come.</summary>
    public (int Class, int Code)? DosError { get; set; }

    /// <summary>What is said of this command; null: nothing more.</summary>
    public SmbDetails? Details { get; set; }

    /// <summary>Who sent what is being judged.</summary>
    public Side Facing { get; set; }

    public bool TryGet(BufferId id, int instance, ReadOnlySpan<byte> piece, out BufferView view)
    {
        view = default;
        return Details is not null && Details.TryGet(Facing, id, instance, piece, out view);
    }

    public void Write(Utf8JsonWriter json)
    {
        json.WriteNumber("id"u8, Number + 1);
        json.WriteString("dialect"u8, session.Dialect);
        json.WriteString("command"u8, SmbNames.Command(Version, Command));
        if (Status is { } status)
        {
            json.WriteString("status"u8, SmbNames.Status(status));
            json.WriteString("status_code"u8, string.Create(CultureInfo.InvariantCulture, $"0x{status:x}"));
        }
        else if (DosError is { } error)
        {
            json.WriteString("status"u8, SmbNames.DosError(error.Class, error.Code));
            json.WriteString("status_code"u8, string.Create(CultureInfo.InvariantCulture, $"0x{error.Code:x4}"));
        }
        json.WriteNumber("session_id"u8, SessionId);
        json.WriteNumber("tree_id"u8, TreeId);
        Details?.Write(json, _text);
    }
}
