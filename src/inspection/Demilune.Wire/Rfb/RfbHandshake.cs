using System.Buffers.Binary;

namespace Demilune.Wire.Rfb;

/// <summary>Both directions of a VNC connection until its screen is set up (RFC 6143 §7.1 to §7.3). The same however the bytes are cut.</summary>
public sealed class RfbHandshake
{
    /// <summary>Hears of each message as it was on the wire.</summary>
    public delegate void Listener(bool fromClient, ReadOnlySpan<byte> message);

    /// <summary>Null: nobody.</summary>
    public Listener? Heard { get; set; }

    private const int VersionLength = 12;

    /// <summary>Bytes of a screen's name that are read; servers show a host's name there.</summary>
    private const int MaxName = 1024;

    /// <summary>Bytes that one side may be ahead of the other; more than a whole handshake.</summary>
    private const int MaxAhead = 4096;

    private readonly byte[][] _bytes = [new byte[64], new byte[64]];
    private readonly int[] _lengths = new int[2];
    private int _nameLength;
    private byte[] _serverInit = [];
    private State _state;

    private enum State : byte
    {
        ServerVersion, ClientVersion, OldType, Types, Choice, Challenge, Response, Result, ClientInit, ServerInit, Name, Over,
    }

    /// <summary>As they came, without the line's end: <c>RFB 003.008</c>; empty until then.</summary>
    public byte[] ServerVersion { get; private set; } = [];
    public byte[] ClientVersion { get; private set; } = [];

    /// <summary>1 none, 2 a password …; null: not chosen yet.</summary>
    public uint? SecurityType { get; private set; }
    public byte[]? Challenge { get; private set; }
    public byte[]? Response { get; private set; }

    /// <summary>0: the password was right.</summary>
    public uint? Result { get; private set; }
    public bool? IsShared { get; private set; }

    /// <summary>Width, height and pixel format; null until then.</summary>
    public byte[]? Screen { get; private set; }
    public byte[] Name { get; private set; } = [];

    /// <summary>The screen is set up.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Nothing more is read.</summary>
    public bool IsOver => _state == State.Over;

    /// <summary>It ended because something made no sense.</summary>
    public bool IsBroken => IsOver && !IsComplete;

    /// <summary>It ended because of a security type that is not read here.</summary>
    public bool IsForeign { get; private set; }

    public void Reset()
    {
        Array.Clear(_lengths);
        (ServerVersion, ClientVersion, Name, SecurityType, Challenge, Response, Result, IsShared, Screen) = ([], [], [], null, null, null, null, null, null);
        (IsComplete, IsForeign, _state, _nameLength) = (false, false, State.ServerVersion, 0);
    }

    public void Feed(bool fromClient, ReadOnlySpan<byte> bytes)
    {
        var side = fromClient ? 0 : 1;
        while (!bytes.IsEmpty && !IsOver)
        {
            var piece = bytes[..Math.Min(bytes.Length, MaxAhead - _lengths[side])];
            if (piece.IsEmpty)
            {
                _state = State.Over;
                return;
            }
            if (_bytes[side].Length < _lengths[side] + piece.Length) Array.Resize(ref _bytes[side], Math.Max(_lengths[side] + piece.Length, _bytes[side].Length * 2));
            piece.CopyTo(_bytes[side].AsSpan(_lengths[side]));
            _lengths[side] += piece.Length;
            bytes = bytes[piece.Length..];
            while (!IsOver && TryStep())
            {
            }
        }
    }

    private bool TryStep()
    {
        var fromClient = _state is State.ClientVersion or State.Choice or State.Response or State.ClientInit;
        var side = fromClient ? 0 : 1;
        var have = _bytes[side].AsSpan(0, _lengths[side]);
        var wanted = _state switch
        {
            State.ServerVersion or State.ClientVersion => VersionLength,
            State.Types => have.IsEmpty ? 1 : 1 + have[0],
            State.Choice or State.ClientInit => 1,
            State.Challenge or State.Response => 16,
            State.ServerInit => 24,
            State.Name => _nameLength,
            _ => 4,
        };
        if (have.Length < wanted) return false;
        if (_state == State.Name) Heard?.Invoke(fromClient, [.. _serverInit, .. have[..wanted]]);
        else if (_state != State.ServerInit) Heard?.Invoke(fromClient, have[..wanted]);
        Take(have[..wanted]);
        have[wanted..].CopyTo(_bytes[side]);
        _lengths[side] -= wanted;
        return true;
    }

    private void Take(ReadOnlySpan<byte> bytes)
    {
        switch (_state)
        {
            case State.ServerVersion:
                ServerVersion = bytes[..^1].ToArray();
                _state = IsVersion(bytes) ? State.ClientVersion : State.Over;
                break;
            case State.ClientVersion:
                ClientVersion = bytes[..^1].ToArray();
                _state = !IsVersion(bytes) ? State.Over : IsOld ? State.OldType : State.Types;
                break;
            case State.OldType:
                Choose(BinaryPrimitives.ReadUInt32BigEndian(bytes));
                break;
            case State.Types:
                _state = bytes[0] == 0 ? State.Over : State.Choice;     // none: a reason follows, and the end
                break;
            case State.Choice:
                Choose(bytes[0]);
                break;
            case State.Challenge:
                (Challenge, _state) = (bytes.ToArray(), State.Response);
                break;
            case State.Response:
                (Response, _state) = (bytes.ToArray(), State.Result);
                break;
            case State.Result:
                Result = BinaryPrimitives.ReadUInt32BigEndian(bytes);
                _state = Result == 0 ? State.ClientInit : State.Over;
                break;
            case State.ClientInit:
                (IsShared, _state) = (bytes[0] != 0, State.ServerInit);
                break;
            case State.ServerInit:
                _serverInit = bytes.ToArray();
                Screen = _serverInit[..20];
                var length = BinaryPrimitives.ReadUInt32BigEndian(bytes[20..]);
                (_nameLength, _state) = ((int)Math.Min(length, MaxName), State.Name);
                break;
            case State.Name:
                (Name, IsComplete, _state) = (bytes.ToArray(), true, State.Over);
                break;
        }
    }

    /// <summary>Before 3.7 the server decides, and 3.7 says no result where nothing was asked.</summary>
    private void Choose(uint type)
    {
        SecurityType = type;
        var hasResult = ClientVersion.AsSpan().EndsWith("008"u8);
        _state = type switch { 1 when hasResult => State.Result, 1 => State.ClientInit, 2 => State.Challenge, _ => State.Over };
        IsForeign = type > 2;
    }

    private bool IsOld => ClientVersion.AsSpan().EndsWith("003"u8) || ServerVersion.AsSpan().EndsWith("003"u8);

    private static bool IsVersion(ReadOnlySpan<byte> bytes) => bytes.StartsWith("RFB "u8) && bytes[7] == '.' && bytes[^1] == '\n';
}
