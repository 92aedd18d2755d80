using Demilune.Inspection.Events;
using Demilune.Inspection.Sessions;
using Demilune.Rules.Compile;

namespace Demilune.Inspection.Detection;

/// <summary>A match whose packet is not there yet, or not done yet: actions are taken, and alerts told, for a whole packet, in rule order.</summary>
internal sealed class QueuedAlert
{
    public required Signature Signature { get; init; }

    /// <summary>The transaction's number, or -1.</summary>
    public int Transaction { get; init; } = -1;

    /// <summary>Found in what several packets brought, so what the rule does concerns the flow.</summary>
    public bool IsStateful { get; init; }
    public bool IsOfStream { get; init; }
    public MatchedBytes[] Matches { get; init; } = [];
    public byte[] Bytes { get; init; } = [];

    /// <summary>What its rule does; a rate filter may have changed it.</summary>
    public RuleAction Action { get; set; } = RuleAction.Alert;

    /// <summary>Still there; null: <see cref="Record"/> says what it was.</summary>
    public ITransaction? Live { get; set; }
    public string? RecordType { get; set; }
    public IRecordFields? Record { get; set; }
    public HttpCopy? Http { get; set; }
    public FileCopy? File { get; init; }
    public FrameCopy? Frame { get; init; }

    /// <summary>The transaction goes: what an alert tells about it is kept.</summary>
    public void Freeze()
    {
        if (Live is not { } live) return;
        Live = null;
        (RecordType, Record) = (live.RecordType, live.Record is { } record ? new FrozenRecord(record) : null);
        Http = live.Http.IsEmpty ? null : new(live.Http);
    }
}

/// <summary>A transaction that is told of later: itself while it lasts, then what was to be told of it.</summary>
internal sealed class KeptTransaction(ITransaction transaction)
{
    public int Number { get; } = transaction.Number;
    public ITransaction? Live { get; private set; } = transaction;
    public string? RecordType { get; private set; }
    public IRecordFields? Record { get; private set; }
    public HttpCopy? Http { get; private set; }

    /// <summary>As what one side is busy with: a packet of that side has been settled since.</summary>
    public bool IsSeen { get; set; }

    public void Freeze()
    {
        if (Live is not { } live) return;
        Live = null;
        (RecordType, Record) = (live.RecordType, live.Record is { } record ? new FrozenRecord(record) : null);
        Http = live.Http.IsEmpty ? null : new(live.Http);
    }
}
