using System.Buffers.Binary;
using Demilune.Inspection.Detection;
using Demilune.Inspection.Events;
using Demilune.Rules.Buffers;
using Demilune.Wire.Dnp3;

namespace Demilune.Inspection.Sessions.Dnp3;

/// <summary>A fragment: what rules look into and what is logged.</summary>
internal sealed class Dnp3Transaction : ITransaction, IMessageBuffers
{
    private readonly Dnp3Fields _fields = new(isNested: false);
    private readonly Dnp3Fields _nested = new(isNested: true);
    private readonly byte[] _number = new byte[sizeof(long)];

    /// <summary>Null: what is told is about a frame that is part of none.</summary>
    public Dnp3Fragment? Fragment { get; private set; }

    public int Number { get; private set; }
    public string? RecordType => Fragment is null ? null : "dnp3";

    /// <summary>In alerts the fragment is inside <c>request</c> or <c>response</c>.</summary>
    public IRecordFields? Record => Fragment is null ? null : _nested;

    /// <summary>The record of its own.</summary>
    public IRecordFields? Log => Fragment is null ? null : _fields;

    public PendingSignatures Pending { get; } = new();

    public void Begin(int number, Dnp3Fragment? fragment)
    {
        (Number, Fragment) = (number, fragment);
        _fields.Fragment = _nested.Fragment = fragment;
    }

    public void Clear()
    {
        Fragment = _fields.Fragment = _nested.Fragment = null;
        Pending.Clear();
    }

    public bool TryGet(BufferId id, int instance, ReadOnlySpan<byte> piece, out BufferView view)
    {
        view = default;
        if (Fragment is not { } fragment) return false;
        switch (id)
        {
            case BufferId.Dnp3Data when instance == 0:
                view = new(fragment.Bytes);
                return true;
            case BufferId.Dnp3Function when instance == 0: return Give(fragment.Function, out view);
            case BufferId.Dnp3Indications when instance == 0 && !fragment.IsRequest: return Give(fragment.Indications, out view);
            case BufferId.Dnp3Object when instance < fragment.Objects.Count:
                return Give(fragment.Objects[instance].Group << 8 | fragment.Objects[instance].Variation, out view);
            default: return false;
        }
    }

    private bool Give(long number, out BufferView view)
    {
        BinaryPrimitives.WriteInt64BigEndian(_number, number);
        view = new(_number);
        return true;
    }
}
