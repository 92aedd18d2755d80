using System.Buffers.Binary;

namespace Demilune.Wire.Ssh;

/// <summary>One direction of SSH (RFC 4253) until it is encrypted: the version, the offer of algorithms, and the moment when new keys are used. The same however the bytes are cut.</summary>
public sealed class SshReader
{
    /// <summary>RFC 4253 §4.2: 255 characters with the line's end.</summary>
    private const int MaxBanner = 255;

    /// <summary>RFC 4253 §6.1: what every implementation must take. Nothing before encryption is longer.</summary>
    private const int MaxPacket = 35_000;

    private const int HeaderLength = 6;
    private const byte KeyExchangeInit = 20, NewKeys = 21;

    private byte[] _bytes = new byte[256];
    private int _length;
    private int _wanted;
    private int _skip;
    private Range _protocol, _software;
    private byte[] _banner = [];
    private State _state;

    private enum State : byte { Banner, RestOfBanner, Header, Packet, Over }

    public bool HasBanner => !_protocol.Equals(default);

    /// <summary>As in <c>SSH-2.0-</c>.</summary>
    public ReadOnlySpan<byte> ProtocolVersion => _banner.AsSpan(_protocol);

    /// <summary>What follows it, without comments.</summary>
    public ReadOnlySpan<byte> SoftwareVersion => _banner.AsSpan(_software);

    /// <summary>From here on this direction is encrypted.</summary>
    public bool HasNewKeys { get; private set; }

    /// <summary>Nothing more is read of this direction.</summary>
    public bool IsOver => _state == State.Over;

    public void Reset()
    {
        (_length, _wanted, _skip, _state, HasNewKeys, _protocol, _software, _banner) = (0, 0, 0, State.Banner, false, default, default, []);
        if (_bytes.Length > 4096) _bytes = new byte[256];
    }

    public void Feed(ReadOnlySpan<byte> bytes, ISshEvents events)
    {
        while (!bytes.IsEmpty && _state != State.Over)
        {
            switch (_state)
            {
                case State.Banner:
                    Keep(bytes[..1]);
                    if (bytes[0] == '\n' || _length > MaxBanner) EndBanner(bytes[0] == '\n', events);
                    bytes = bytes[1..];
                    break;
                case State.RestOfBanner:
                    if (bytes[0] == '\n') _state = State.Header;
                    bytes = bytes[1..];
                    break;
                case State.Header when _skip > 0:
                    var skipped = Math.Min(_skip, bytes.Length);
                    _skip -= skipped;
                    bytes = bytes[skipped..];
                    break;
                case State.Header:
                    Keep(bytes[..1]);
                    bytes = bytes[1..];
                    if (_length == HeaderLength) BeginPacket(events);
                    break;
                default:
                    var piece = bytes[..Math.Min(bytes.Length, _wanted - _length)];
                    Keep(piece);
                    bytes = bytes[piece.Length..];
                    if (_length < _wanted) break;
                    events.Algorithms(_bytes.AsSpan(0, _length));
                    (_length, _state) = (0, State.Header);
                    break;
            }
        }
    }

    private void EndBanner(bool isWhole, ISshEvents events)
    {
        var line = _bytes.AsSpan(0, _length).TrimEnd("\r\n"u8);
        _length = 0;
        if (!isWhole) events.Fault(SshFault.LongBanner);
        var dash = line.StartsWith("SSH-"u8) ? line[4..].IndexOf((byte)'-') : -1;
        if (dash <= 0)
        {
            _state = State.Over;
            events.Fault(SshFault.Banner);
            return;
        }
        var end = line[(5 + dash)..].IndexOf((byte)' ');
        (_banner, _protocol, _software) = (line.ToArray(), 4..(4 + dash), (5 + dash)..(end < 0 ? line.Length : 5 + dash + end));
        // What 1.x says next has another form, unless 1.99 means that 2.0 is meant.
        var isVersion2 = ProtocolVersion.StartsWith("2"u8) || ProtocolVersion.SequenceEqual("1.99"u8);
        _state = !isVersion2 ? State.Over : isWhole ? State.Header : State.RestOfBanner;
        events.Banner();
    }

    private void BeginPacket(ISshEvents events)
    {
        var length = BinaryPrimitives.ReadUInt32BigEndian(_bytes);
        var kind = _bytes[5];
        _length = 0;
        if (length is < 2 or > MaxPacket)
        {
            _state = State.Over;
            events.Fault(SshFault.Packet);
            return;
        }
        var rest = (int)length - 2;
        switch (kind)
        {
            case KeyExchangeInit when rest > 0:
                (_wanted, _state) = (rest, State.Packet);
                break;
            case NewKeys:
                HasNewKeys = true;
                _state = State.Over;
                events.NewKeys();
                break;
            default:
                _skip = rest;
                break;
        }
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        if (_bytes.Length < _length + bytes.Length) Array.Resize(ref _bytes, Math.Max(_length + bytes.Length, _bytes.Length * 2));
        bytes.CopyTo(_bytes.AsSpan(_length));
        _length += bytes.Length;
    }
}

/// <summary>What <see cref="SshReader"/> finds.</summary>
public interface ISshEvents
{
    /// <summary>The version has come.</summary>
    void Banner();

    /// <summary>What it offers.</summary>
    /// <param name="message">SSH_MSG_KEXINIT behind its number, padding included.</param>
    void Algorithms(ReadOnlySpan<byte> message);

    /// <summary>What follows is encrypted.</summary>
    void NewKeys();

    void Fault(SshFault fault);
}

/// <summary>What can be wrong.</summary>
public enum SshFault : byte
{
    /// <summary>A first line that is no version; nothing is read behind it.</summary>
    Banner,

    /// <summary>A version longer than one can be.</summary>
    LongBanner,

    /// <summary>A packet of an impossible length; nothing is read behind it.</summary>
    Packet,
}
