using System.Text.Json;
using Demilune.Inspection.Detection;
using Demilune.Inspection.Events;
using Demilune.Inspection.Events.Eve;
using Demilune.Rules.Buffers;

namespace Demilune.Inspection.Sessions.Ftp;

/// <summary>A command and its replies; EVE's <c>ftp</c> object.</summary>
internal sealed class FtpTransaction : ITransaction, IMessageBuffers, IRecordFields
{
    /// <summary>Lines of replies that are told. Listings of HELP and FEAT have some dozens.</summary>
    private const int MaxReplies = 256;

    private readonly EveText _text = new();
    private readonly List<byte[]> _replies = [];

    public int Number { get; set; }
    public string RecordType => "ftp";
    public IRecordFields Record => this;
    public PendingSignatures Pending { get; } = new();

    /// <summary>Null: none that is known, or a greeting.</summary>
    public string? Command { get; set; }

    /// <summary>False: a command that is not known, which is not told.</summary>
    public bool IsTold { get; set; }
    public byte[] Request { get; set; } = [];
    public bool IsRequestCut { get; set; }
    public bool IsReplyCut { get; set; }

    /// <summary>The server has said how it went.</summary>
    public bool IsAnswered { get; set; }

    /// <summary>Where the data connection is to go; 0: nothing was agreed on.</summary>
    public ushort DataPort { get; set; }
    public bool IsActive { get; set; }

    /// <summary>The client names another host than itself for the data (<c>ftpbounce</c>).</summary>
    public bool IsBounce { get; set; }

    public void Clear()
    {
        (Command, IsTold, Request, IsRequestCut, IsReplyCut, IsAnswered, DataPort, IsActive, IsBounce) = (null, true, [], false, false, false, 0, false, false);
        _replies.Clear();
        Pending.Clear();
    }

    public void AddReply(ReadOnlySpan<byte> line)
    {
        if (!line.IsEmpty && _replies.Count < MaxReplies) _replies.Add(line.TrimEnd(" \t\r\n"u8).ToArray());
    }

    public bool TryGet(BufferId id, int instance, ReadOnlySpan<byte> piece, out BufferView view)
    {
        view = default;
        return id == BufferId.FtpBounce && instance == 0 && IsBounce;
    }

    public void Write(Utf8JsonWriter json)
    {
        if (Command is not null)
        {
            json.WriteString("command"u8, Command);
            var data = Request.AsSpan(Math.Min(Request.Length, Command.Length + 1));
            if (!data.IsEmpty)
            {
                json.WriteString("command_data"u8, _text.Of(data));
                json.WriteBoolean("command_truncated"u8, IsRequestCut);
            }
        }
        WriteReplies(json);
        if (DataPort != 0) json.WriteNumber("dynamic_port"u8, DataPort);
        if (Command is "PORT" or "EPRT") json.WriteString("mode"u8, IsActive ? "active"u8 : "passive"u8);
        json.WriteString("reply_received"u8, IsAnswered ? "yes"u8 : "no"u8);
        json.WriteBoolean("reply_truncated"u8, IsReplyCut);
    }

    private void WriteReplies(Utf8JsonWriter json)
    {
        if (_replies.Count == 0) return;
        if (_replies.Exists(static reply => HasCode(reply)))
        {
            json.WriteStartArray("completion_code"u8);
            foreach (var reply in _replies)
                if (HasCode(reply)) json.WriteStringValue(reply.AsSpan(0, 3));
            json.WriteEndArray();
        }
        json.WriteStartArray("reply"u8);
        foreach (var reply in _replies) json.WriteStringValue(_text.Of(reply.AsSpan(HasCode(reply) ? Math.Min(4, reply.Length) : 0)));
        json.WriteEndArray();
    }

    private static bool HasCode(ReadOnlySpan<byte> reply) =>
        reply.Length >= 3 && !reply[..3].ContainsAnyExceptInRange((byte)'0', (byte)'9');
}
