using System.Text.Json;
using Demilune.Inspection.Detection;
using Demilune.Rules.Buffers;
using Demilune.Rules.Compile;
using Demilune.Rules.Headers;
using Demilune.Wire.Telnet;

namespace Demilune.Inspection.Sessions.Telnet;

/// <summary>Telnet: there are no transactions, but frames.</summary>
internal sealed class TelnetSession(InspectorOptions options, Detector detector) : MessageSession(options, detector, "telnet", [])
{
    private readonly TelnetReader[] _readers = [new(), new()];
    private State _state;

    private enum State : byte { Idle, AskedName, ToldName, AskedPassword, ToldPassword, LoggedIn }

    public static Protocol Definition { get; } = new()
    {
        App = AppProtocol.Telnet,
        OfStream = static (_, bytes) => TelnetReader.OfStart(bytes),
        Buffers = [],
        Open = static (options, _, detector) => new TelnetSession(options, detector),
    };

    public override void Begin(RuleSet rules, bool isDatagram)
    {
        base.Begin(rules, isDatagram);
        foreach (var reader in _readers) reader.Reset();
        _state = State.Idle;
        _readers[(int)Side.Server].AwaitsPrompt = true;
    }

    public override void Deliver(Side from, ReadOnlySpan<byte> bytes)
    {
        var length = bytes.Length;
        while (_readers[(int)from].TryRead(ref bytes, out var piece, out var isCommand))
        {
            Frame(FrameType.TelnetPdu, piece, length - bytes.Length);
            Frame(isCommand ? FrameType.TelnetControl : FrameType.TelnetData, piece, length - bytes.Length);
            if (isCommand) continue;
            _state = Next(_state, from, piece.TrimEnd("\r\n"u8));
            _readers[(int)Side.Server].AwaitsPrompt = _state is State.Idle or State.ToldName;
        }
    }

    public override void Close(Side from)
    {
        var rest = _readers[(int)from].Rest;
        if (rest.IsEmpty) return;
        Frame(FrameType.TelnetPdu, rest, 0);
        Frame(rest[0] == 0xff ? FrameType.TelnetControl : FrameType.TelnetData, rest, 0);
        _readers[(int)from].Reset();
    }

    public override bool TrySkip(Side from, long count) => true;

    public override bool TryGet(BufferId id, int instance, ReadOnlySpan<byte> piece, out BufferView view)
    {
        view = default;
        return false;
    }

    public override void Write(Utf8JsonWriter json)
    {
    }

    /// <summary>The log-in, as most servers do it: name, password, and text when it was right.</summary>
    private static State Next(State state, Side from, ReadOnlySpan<byte> line) => (state, from) switch
    {
        (State.Idle, Side.Server) => State.AskedName,
        (State.AskedName, Side.Client) => State.ToldName,
        (State.ToldName, Side.Server) => State.AskedPassword,
        (State.AskedPassword, Side.Client) => State.ToldPassword,
        (State.ToldPassword, Side.Server) when line.SequenceEqual("Login incorrect"u8) => State.Idle,
        (State.ToldPassword, Side.Server) when !line.IsEmpty => State.LoggedIn,
        _ => state,
    };
}
