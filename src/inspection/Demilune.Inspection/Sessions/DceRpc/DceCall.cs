using System.Buffers.Binary;
using Demilune.Inspection.Detection;
using Demilune.Inspection.Reassembly;
using Demilune.Rules.Buffers;
using Demilune.Wire.DceRpc;

namespace Demilune.Inspection.Sessions.DceRpc;

/// <summary>A request and its answer.</summary>
internal sealed class DceCall(SegmentPool pool)
{
    /// <summary>Bytes of arguments and of results that are seen as one piece by rules; of what comes after, a sliding window is.</summary>
    private const int StubWindow = 128 << 10;

    private readonly byte[] _interface = new byte[18];
    private readonly byte[] _operation = new byte[8];
    private bool _hasInterface;

    public uint Id { get; private set; }

    /// <summary>Over UDP it names a call together with <see cref="Id"/>; else empty.</summary>
    public Guid Activity { get; private set; }
    public Part Request { get; } = new(pool);
    public Part Response { get; } = new(pool);
    public ushort Operation { get; private set; }

    /// <summary>Number of what is called, as the client gave it.</summary>
    public ushort Context { get; private set; }

    /// <summary>Whom an alert is about.</summary>
    public ITransaction Transaction { get; set; } = null!;
    public IMessageBuffers Message { get; set; } = null!;

    /// <summary>By side: a signature may match a call and its answer.</summary>
    public PendingSignatures[] Pending { get; } = [new(), new()];

    /// <summary>One direction.</summary>
    internal sealed class Part(SegmentPool pool)
    {
        /// <summary>Null: it has not come.</summary>
        public DceType? Type { get; set; }
        public int Fragments { get; set; }
        public bool IsComplete { get; set; }
        public bool IsLittleEndian { get; set; }
        public InspectionWindow Stub { get; } = new(StubWindow, pool);
        public long StubLength => Stub.Total;

        public void Clear()
        {
            (Type, Fragments, IsComplete) = (null, 0, false);
            Stub.Clear();
        }
    }

    public Part Of(Side from) => from == Side.Client ? Request : Response;

    public void Begin(uint id, Guid activity = default)
    {
        Clear();
        (Id, Activity, Operation, Context, _hasInterface) = (id, activity, 0, 0, false);
    }

    public void Clear()
    {
        Request.Clear();
        Response.Clear();
        foreach (var pending in Pending) pending.Clear();
    }

    /// <summary>What is called.</summary>
    public void Name(DceInterface? called, ushort context, ushort operation)
    {
        (Context, Operation) = (context, operation);
        BinaryPrimitives.WriteInt64BigEndian(_operation, operation);
        _hasInterface = called is not null;
        if (called is not { } found) return;
        found.Id.TryWriteBytes(_interface, bigEndian: true, out _);
        BinaryPrimitives.WriteUInt16BigEndian(_interface.AsSpan(16), found.Major);
    }

    /// <param name="from">Whose part.</param>
    public bool TryGet(Side from, BufferId id, int instance, ReadOnlySpan<byte> piece, out BufferView view)
    {
        view = default;
        if (instance > 0) return false;
        switch (id)
        {
            case BufferId.DceStubData when Of(from) is { Stub.Total: > 0 } part:
                var seen = part.Stub.View(piece);
                view = new(seen.Bytes, seen.Offset, part.IsComplete) { IsLittleEndian = part.IsLittleEndian };
                return true;
            case BufferId.DceInterface when _hasInterface:
                view = new(_interface);
                return true;
            case BufferId.DceOperation when Request.Type == DceType.Request:
                view = new(_operation);
                return true;
            default:
                return false;
        }
    }

    /// <summary>Lets signatures see what has come of a part.</summary>
    /// <param name="detector">Judges.</param>
    /// <param name="from">Whose part.</param>
    /// <param name="stub">The newest fragment's.</param>
    public void Inspect(Detector detector, Side from, ReadOnlySpan<byte> stub)
    {
        var (part, pending) = (Of(from), Pending[(int)from]);
        if (Request.Type == DceType.Request && part.Fragments == 1)
        {
            if (TryGet(from, BufferId.DceInterface, 0, default, out var called)) detector.Offer(BufferId.DceInterface, called.Bytes);
            if (TryGet(from, BufferId.DceOperation, 0, default, out var operation)) detector.Offer(BufferId.DceOperation, operation.Bytes);
            detector.Keep(pending, long.MaxValue);
        }
        var start = part.Stub.Total;
        part.Stub.Begin(stub);
        part.Stub.IsComplete = part.IsComplete;
        if (!stub.IsEmpty) detector.Offer(BufferId.DceStubData, ref part.Stub.Tail, stub);
        detector.Keep(pending, part.Stub.Total + InspectionWindow.Overlap);
        detector.Evaluate(pending, new DetectionBuffers { Message = Message, Body = stub }, part.IsComplete ? 0 : start, Transaction);
        part.Stub.End(stub);
    }
}
