using System.Text.Json;
using Demilune.Inspection.Detection;
using Demilune.Inspection.Events;

namespace Demilune.Inspection.Sessions;

/// <summary>A request and what answers it, as EVE tells of both. Used again for others.</summary>
internal abstract class Exchange : ITransaction, IRecordFields
{
    public int Number { get; set; }
    public abstract string RecordType { get; }
    public IRecordFields Record => this;

    /// <summary>By what its answer is told from others'; 0 where answers come in order.</summary>
    public long Key { get; set; }

    public PendingSignatures Pending { get; } = new();

    /// <summary>Forgets everything but its room.</summary>
    public virtual void Clear() => Pending.Clear();

    public abstract void Write(Utf8JsonWriter json);
}
