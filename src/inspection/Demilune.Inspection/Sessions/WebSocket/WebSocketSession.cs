using Demilune.Inspection.Detection;
using Demilune.Inspection.Reassembly;
using Demilune.Rules.Compile;

namespace Demilune.Inspection.Sessions.WebSocket;

/// <summary>One connection. Each frame is a transaction; rules look into messages, which may be several of them.</summary>
internal sealed class WebSocketSession : IProtocolSession
{
    private readonly WebSocketDirection[] _directions;
    private int _frames;

    public WebSocketSession(InspectorOptions options, SegmentPool pool, Detector detector) =>
        _directions = [new(this, Side.Client, options, pool, detector), new(this, Side.Server, options, pool, detector)];

    public void Begin(RuleSet rules, bool isDatagram) => _frames = 0;

    public void Deliver(Side from, ReadOnlySpan<byte> bytes) => _directions[(int)from].Deliver(bytes);

    public void Close(Side from)
    {
    }

    public void Clear()
    {
        foreach (var direction in _directions) direction.Clear();
    }

    public bool IsOver(Side from) => _directions[(int)from].IsBroken;

    public IMessageBuffers Message(Side from) => _directions[(int)from];

    public int NextFrame() => _frames++;
}
