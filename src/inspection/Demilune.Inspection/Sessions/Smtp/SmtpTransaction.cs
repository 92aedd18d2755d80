using Demilune.Inspection.Detection;
using Demilune.Inspection.Events;
using Demilune.Rules.Buffers;

namespace Demilune.Inspection.Sessions.Smtp;

/// <summary>One mail: who sends it to whom, and what is in it. Used again for the next one.</summary>
internal sealed class SmtpTransaction : ITransaction, IMessageBuffers
{
    /// <summary>Receivers that are kept. RFC 5321 §4.5.3.1.8: a server has to take 100.</summary>
    public const int MaxReceivers = 256;

    private readonly SmtpFields _fields;

    public SmtpTransaction() => _fields = new(this);

    public int Number { get; set; }
    public bool Lasts => true;
    public string RecordType => "smtp";
    public IRecordFields Record => _fields;
    public PendingSignatures Pending { get; } = new();

    /// <summary>As the client called itself, in the whole session; empty: not yet.</summary>
    public byte[] Hello { get; set; } = [];

    /// <summary>Null: it has not said yet.</summary>
    public byte[]? From { get; set; }
    public List<byte[]> Receivers { get; } = [];

    /// <summary>DATA has been asked for.</summary>
    public bool HasData { get; set; }

    /// <summary>The mail is complete, or given up.</summary>
    public bool IsDone { get; set; }

    public MailFields Mail { get; } = new();

    public void Clear()
    {
        (From, HasData, IsDone) = (null, false, false);
        Receivers.Clear();
        Pending.Clear();
        Mail.Clear();
    }

    public bool TryGet(BufferId id, int instance, ReadOnlySpan<byte> piece, out BufferView view)
    {
        view = default;
        var bytes = id switch
        {
            BufferId.SmtpHelo when instance == 0 && Hello.Length > 0 => Hello,
            BufferId.SmtpMailFrom when instance == 0 => From,
            BufferId.SmtpRcptTo when instance < Receivers.Count => Receivers[instance],
            _ => null,
        };
        view = new(bytes);
        return bytes is not null;
    }
}
