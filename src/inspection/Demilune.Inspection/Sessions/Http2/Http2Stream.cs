using System.Buffers.Binary;
using Demilune.Inspection.Detection;
using Demilune.Inspection.Events;
using Demilune.Inspection.Sessions.Http;
using Demilune.Rules.Buffers;
using Demilune.Wire.Http2;

namespace Demilune.Inspection.Sessions.Http2;

/// <summary>One stream: an exchange of messages, and the frames about it. Also stands for the connection itself (stream 0), which has no messages.</summary>
internal sealed class Http2Stream(HttpSession exchange) : ITransaction, IMessageBuffers
{
    private readonly byte[] _number = new byte[sizeof(long)];
    private byte[] _line = [];

    public HttpSession Exchange { get; } = exchange;
    public Http2Fields Fields { get; } = new();
    public PendingSignatures Pending { get; } = new();
    public int Number { get; private set; }

    /// <summary>By <see cref="Side"/>.</summary>
    public bool[] HasHead { get; } = new bool[2];
    public bool[] HasEnded { get; } = new bool[2];

    /// <summary>The frame at hand.</summary>
    public Http2FrameType? Frame { get; set; }
    public uint? Window { get; set; }
    public int SizeUpdate { get; set; } = -1;
    public Side From { get; set; }

    public HttpFields Http => new() { Details = Fields };

    public void Begin(uint id, int number)
    {
        Fields.Clear();
        Fields.Stream = id;
        Number = number;
        Pending.Clear();
        (Frame, Window, SizeUpdate) = (null, null, -1);
        HasHead[0] = HasHead[1] = HasEnded[0] = HasEnded[1] = false;
    }

    public bool TryGet(BufferId id, int instance, ReadOnlySpan<byte> piece, out BufferView view)
    {
        var frames = Fields.Frames[(int)From];
        view = default;
        switch (id)
        {
            case BufferId.Http2FrameType: return instance == 0 && Frame is { } type && Give((byte)type, out view);
            case BufferId.Http2ErrorCode: return instance == 0 && frames.ErrorCode is { } code && Give(code, out view);
            case BufferId.Http2Priority: return instance == 0 && frames.Priority is { } weight && Give(weight, out view);
            case BufferId.Http2Window: return instance == 0 && Window is { } window && Give(window, out view);
            case BufferId.Http2SizeUpdate: return instance == 0 && SizeUpdate >= 0 && Give(SizeUpdate, out view);
            // Number and value in one: a rule asks for both.
            case BufferId.Http2Settings: return instance < frames.Settings.Count && Give((long)frames.Settings[instance].Id << 32 | frames.Settings[instance].Value, out view);
            case BufferId.Http2HeaderName:
                if (instance >= Fields.Headers[(int)From].Count) return false;
                view = new(Fields.Headers[(int)From].Name(instance));
                return true;
            case BufferId.Http2Header: return TryLine(Fields.Headers[(int)From], instance, out view);
            default: return Exchange.Message(From) is { } message && message.TryGet(id, instance, piece, out view);
        }
    }

    private bool TryLine(HeaderList headers, int index, out BufferView view)
    {
        view = default;
        if (index >= headers.Count) return false;
        var (name, value) = (headers.Name(index).Length, headers.Value(index).Length);
        if (_line.Length < name + 2 + value) _line = new byte[name + 2 + value];
        headers.Name(index).CopyTo(_line);
        ": "u8.CopyTo(_line.AsSpan(name));
        headers.Value(index).CopyTo(_line.AsSpan(name + 2));
        view = new(_line.AsSpan(0, name + 2 + value));
        return true;
    }

    private bool Give(long number, out BufferView view)
    {
        BinaryPrimitives.WriteInt64BigEndian(_number, number);
        view = new(_number);
        return true;
    }
}
