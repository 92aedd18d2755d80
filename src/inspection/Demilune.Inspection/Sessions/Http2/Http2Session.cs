using System.Buffers.Binary;
using Demilune.Inspection.Detection;
using Demilune.Inspection.Reassembly;
using Demilune.Inspection.Sessions.Http;
using Demilune.Rules.Buffers;
using Demilune.Rules.Compile;
using Demilune.Wire.Http1;
using Demilune.Wire.Http2;

namespace Demilune.Inspection.Sessions.Http2;

/// <summary>Both directions of a HTTP/2 connection (RFC 9113): each stream is an exchange that HTTP/1's rules look into as they do there.</summary>
internal sealed class Http2Session(InspectorOptions options, SegmentPool pool, Detector detector) : IProtocolSession
{
    /// <summary>Streams whose exchange has not ended. Servers allow 100 to 250; when full, the oldest is cut and told.</summary>
    private const int MaxOpen = 256;

    /// <summary>Bytes of a header block over all its frames: who sends more does not want to be understood (CVE-2024-27316 and its kin).</summary>
    private const int MaxBlock = 128 << 10;

    private static readonly BufferId[] s_ofFrames =
        [BufferId.Http2FrameType, BufferId.Http2ErrorCode, BufferId.Http2Priority, BufferId.Http2Window, BufferId.Http2SizeUpdate, BufferId.Http2Settings, BufferId.Http2HeaderName, BufferId.Http2Header];

    private readonly Direction[] _directions = [new(isClient: true), new(isClient: false)];
    private readonly Dictionary<uint, Http2Stream> _streams = [];
    private readonly Stack<Http2Stream> _spare = new();
    private readonly Http1Head _head = new();
    private RuleSet _rules = RuleSet.Empty;
    private int _transactions;
    private bool _isOver;
    private Http2Stream? _current;

    /// <summary>What is between two frames of one side.</summary>
    private sealed class Direction(bool isClient)
    {
        public Http2FrameReader Reader { get; } = new(isClient);
        public HpackDecoder Hpack { get; } = new();
        public HeaderList Fields { get; } = new();

        /// <summary>A header block that CONTINUATION goes on with; null: none.</summary>
        public List<byte>? Block { get; set; }
        public Http2Frame BlockFrame { get; set; }
    }

    public void Begin(RuleSet rules, bool isDatagram)
    {
        Clear();
        _rules = rules;
        (_transactions, _isOver) = (0, false);
    }

    public void Deliver(Side from, ReadOnlySpan<byte> bytes)
    {
        var direction = _directions[(int)from];
        while (!_isOver && direction.Reader.TryRead(ref bytes, out var frame, out var content, out var isEnd))
        {
            if (frame.Type == Http2FrameType.Data) TakeData(from, frame, content, isEnd);
            else Take(from, frame, content);
        }
        if (direction.Reader.IsBroken) GiveUp("http2.invalid_frame_data");
    }

    public void Close(Side from)
    {
        if (from == Side.Server) CutAll();
    }

    public void Clear()
    {
        foreach (var direction in _directions)
        {
            direction.Reader.Reset();
            direction.Hpack.Reset();
            direction.Fields.Clear();
            direction.Block = null;
        }
        foreach (var stream in _streams.Values) Recycle(stream);
        _streams.Clear();
        _current = null;
    }

    public bool IsOver(Side from) => _isOver;

    public IMessageBuffers? Message(Side from) => _current;

    private void GiveUp(string why)
    {
        if (_isOver) return;
        detector.Notice(why);
        CutAll();
        _isOver = true;
    }

    private void CutAll()
    {
        foreach (var stream in _streams.Values)
        {
            stream.Exchange.Cut();
            Recycle(stream);
        }
        _streams.Clear();
        _current = null;
    }

    private void TakeData(Side from, Http2Frame frame, ReadOnlySpan<byte> content, bool isEnd)
    {
        if (!_streams.TryGetValue(frame.Stream, out var stream)) return;
        _current = stream;
        stream.From = from;
        if (!content.IsEmpty && stream.HasHead[(int)from]) stream.Exchange.EventsOf(from).Body(content);
        if (!isEnd) return;
        Judge(stream, from, frame.Type);
        if (frame.Has(Http2Frame.EndStream)) EndSide(stream, from);
    }

    private void Take(Side from, Http2Frame frame, ReadOnlySpan<byte> payload)
    {
        var direction = _directions[(int)from];
        if (direction.Block is { } open)
        {
            // Nothing but its own continuation may follow (RFC 9113 §6.10): two readings would be possible.
            if (frame.Type != Http2FrameType.Continuation || frame.Stream != direction.BlockFrame.Stream) GiveUp("http2.invalid_frame_header");
            else if (open.Count + payload.Length > MaxBlock) GiveUp("http2.reassembly_limit_reached");
            else
            {
                open.AddRange(payload);
                if (frame.Has(Http2Frame.EndHeaders)) EndBlock(from);
            }
            return;
        }
        switch (frame.Type)
        {
            case Http2FrameType.Headers or Http2FrameType.PushPromise:
                BeginBlock(from, frame, payload);
                break;
            case Http2FrameType.Continuation:
                GiveUp("http2.invalid_frame_header");
                break;
            default:
                TakeControl(from, frame, payload);
                break;
        }
    }

    private void BeginBlock(Side from, Http2Frame frame, ReadOnlySpan<byte> payload)
    {
        if (!frame.TryUnpad(payload, out var block))
        {
            GiveUp("http2.invalid_frame_data");
            return;
        }
        var fixedLength = frame.Type == Http2FrameType.PushPromise ? 4 : frame.Has(Http2Frame.HasPriority) ? 5 : 0;
        if (block.Length < fixedLength || frame.Stream == 0)
        {
            GiveUp("http2.invalid_frame_length");
            return;
        }
        var direction = _directions[(int)from];
        // What a server promises is a request: its response comes on the promised stream (§6.6).
        var id = frame.Type == Http2FrameType.PushPromise ? BinaryPrimitives.ReadUInt32BigEndian(block) & 0x7fff_ffff : frame.Stream;
        var stream = Open(id);
        if (fixedLength == 5) stream.Fields.Frames[(int)from].Priority = block[4];
        direction.BlockFrame = frame with { Stream = id };
        direction.Block = [.. block[fixedLength..]];
        if (frame.Has(Http2Frame.EndHeaders)) EndBlock(from);
        else direction.BlockFrame = frame;
    }

    private void EndBlock(Side from)
    {
        var direction = _directions[(int)from];
        var (frame, block) = (direction.BlockFrame, direction.Block!);
        direction.Block = null;
        direction.Fields.Clear();
        if (!direction.Hpack.TryRead(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(block), direction.Fields, out var isComplete))
        {
            GiveUp("http2.invalid_header");
            return;
        }
        var stream = Open(frame.Stream);
        var side = frame.Type == Http2FrameType.PushPromise ? Side.Client : from;
        (_current, stream.From, stream.SizeUpdate) = (stream, side, direction.Hpack.SizeUpdate);
        if (!isComplete) detector.Notice("http2.reassembly_limit_reached", stream, stream, stream.Pending);
        var fields = stream.Fields.Headers[(int)side];
        var isTrailer = stream.HasHead[(int)side] && !IsInterim(fields, side);
        if (side == Side.Client && !(isComplete && Http2Head.IsPlainRequest(direction.Fields, isTrailer)))
            foreach (var (member, access) in detector.AccessLists)
                if (access.JudgesHttp2) detector.Deny(member, access, stream);
        Copy(direction.Fields, fields, keep: isTrailer);
        if (!isTrailer) stream.Fields.SizeUpdates[(int)side] = [.. direction.Hpack.SizeUpdates];
        if (!isTrailer) BeginMessage(stream, side, frame);
        Judge(stream, side, frame.Type);
        if (side == Side.Client && Http2Head.HasOtherHost(fields)) detector.Notice("http2.authority_host_mismatch", stream, stream, stream.Pending);
        if (frame.Has(Http2Frame.EndStream) && frame.Type == Http2FrameType.Headers) EndSide(stream, side);
    }

    private static bool IsInterim(HeaderList fields, Side side) => side == Side.Server && fields.Find(":status"u8) is [(byte)'1', ..];

    private void BeginMessage(Http2Stream stream, Side side, Http2Frame frame)
    {
        stream.HasHead[(int)side] = true;
        stream.Exchange.AnswerableStream = side == Side.Client && _directions[(int)Side.Server] is { Reader.IsBetweenFrames: true, Block: null } ? stream.Fields.Stream : null;
        Http2Head.Write(stream.Fields.Headers[(int)side], side == Side.Client, hasBody: !frame.Has(Http2Frame.EndStream), _head);
        stream.Exchange.EventsOf(side).Head(_head);
    }

    private static void Copy(HeaderList from, HeaderList to, bool keep)
    {
        if (!keep) to.Clear();
        for (var i = 0; i < from.Count; i++) to.TryAppend(from.Name(i), from.Value(i));
    }

    private void TakeControl(Side from, Http2Frame frame, ReadOnlySpan<byte> payload)
    {
        var isOfConnection = frame.Stream == 0;
        Http2Stream? stream;
        if (frame.Type == Http2FrameType.Settings && payload.IsEmpty) return;       // an acknowledgment: nobody's transaction
        if (isOfConnection) (stream = Rent()).Begin(0, _transactions++);
        else if (!_streams.TryGetValue(frame.Stream, out stream)) return;
        (_current, stream.From) = (stream, from);
        var frames = stream.Fields.Frames[(int)from];
        switch (frame.Type)
        {
            case Http2FrameType.Settings when isOfConnection && !frame.Has(Http2Frame.Acknowledgment):
                for (; payload.Length >= 6; payload = payload[6..])
                {
                    var (id, value) = (BinaryPrimitives.ReadUInt16BigEndian(payload), BinaryPrimitives.ReadUInt32BigEndian(payload[2..]));
                    frames.Add(id, value);
                    if (id == 1) _directions[(int)from.Other()].Hpack.Allow(value);
                }
                break;
            case Http2FrameType.GoAway when payload.Length >= 8: frames.ErrorCode = BinaryPrimitives.ReadUInt32BigEndian(payload[4..]); break;
            case Http2FrameType.ResetStream when payload.Length >= 4: (frames.ErrorCode, frames.IsReset) = (BinaryPrimitives.ReadUInt32BigEndian(payload), true); break;
            case Http2FrameType.Priority when payload.Length >= 5: frames.Priority = payload[4]; break;
            case Http2FrameType.WindowUpdate when payload.Length >= 4: stream.Window = BinaryPrimitives.ReadUInt32BigEndian(payload) & 0x7fff_ffff; break;
        }
        Judge(stream, from, frame.Type);
        stream.Window = null;
        if (isOfConnection)
        {
            if (!frames.IsEmpty) Tell(stream);
            _current = null;
            Recycle(stream);
        }
        else if (frame.Type == Http2FrameType.ResetStream)
        {
            stream.Exchange.Cut();
            Forget(stream);
        }
    }

    /// <summary>Rules about frames.</summary>
    private void Judge(Http2Stream stream, Side from, Http2FrameType type)
    {
        (stream.Frame, stream.From) = (type, from);
        foreach (var id in s_ofFrames)
        {
            if (!_rules.Inspects(id, from.Direction())) continue;
            for (var instance = 0; stream.TryGet(id, instance, default, out var view); instance++) detector.Offer(id, view.Bytes);
        }
        detector.Keep(stream.Pending, long.MaxValue);
        detector.Evaluate(stream.Pending, new DetectionBuffers { Message = stream }, 0, stream);
        stream.Frame = null;
    }

    private void EndSide(Http2Stream stream, Side side)
    {
        if (stream.HasEnded[(int)side]) return;
        stream.HasEnded[(int)side] = true;
        if (stream.HasHead[(int)side]) stream.Exchange.EventsOf(side).End();
        if (stream.HasEnded[0] && stream.HasEnded[1])
        {
            stream.Exchange.Cut();
            Forget(stream);
        }
    }

    private Http2Stream Open(uint id)
    {
        if (_streams.TryGetValue(id, out var stream)) return stream;
        if (_streams.Count == MaxOpen)
        {
            var oldest = _streams.MinBy(pair => pair.Value.Number).Value;
            detector.Notice("http2.too_many_streams", oldest, oldest, oldest.Pending);
            oldest.Exchange.Cut();
            Forget(oldest);
        }
        stream = Rent();
        stream.Begin(id, _transactions++);
        stream.Exchange.BeginExchange(_rules, stream.Number, stream.Fields);
        _streams.Add(id, stream);
        return stream;
    }

    private void Tell(Http2Stream stream)
    {
        if (!options.LogTransactions) return;
        var scope = detector.Scope;
        var from = scope.From;
        scope.Face(Side.Client);
        var context = scope.Context();
        scope.Events.Http(new(in context, stream.Number, stream.Http));
        scope.Face(from);
    }

    private Http2Stream Rent() => _spare.TryPop(out var spare) ? spare : new(new(options, pool, detector));

    private void Forget(Http2Stream stream)
    {
        _streams.Remove(stream.Fields.Stream);
        if (_current == stream) _current = null;
        Recycle(stream);
    }

    private void Recycle(Http2Stream stream)
    {
        detector.Closing(stream);
        stream.Exchange.Clear();
        stream.Pending.Clear();
        stream.Fields.Clear();
        _spare.Push(stream);
    }
}
