using System.Text.Json;
using Demilune.Inspection.Detection;
using Demilune.Inspection.Events;
using Demilune.Rules.Buffers;

namespace Demilune.Inspection.Sessions.DceRpc;

/// <summary>A call as a transaction of its own.</summary>
/// <param name="write">Tells of it.</param>
internal sealed class DceTransaction(Action<Utf8JsonWriter, DceCall> write) : ITransaction, IMessageBuffers, IRecordFields
{
    public int Number { get; set; }
    public string RecordType => "dcerpc";
    public IRecordFields Record => this;

    /// <summary>Null: not in use.</summary>
    public DceCall? Call { get; set; }

    /// <summary>Whose part was heard last.</summary>
    public Side Facing { get; set; }

    public bool TryGet(BufferId id, int instance, ReadOnlySpan<byte> piece, out BufferView view)
    {
        view = default;
        return Call is not null && Call.TryGet(Facing, id, instance, piece, out view);
    }

    public void Write(Utf8JsonWriter json)
    {
        if (Call is not null) write(json, Call);
    }
}
