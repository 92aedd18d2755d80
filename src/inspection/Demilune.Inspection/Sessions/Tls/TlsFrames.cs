using Demilune.Inspection.Detection;
using Demilune.Rules.Buffers;
using Demilune.Wire.Tls;

namespace Demilune.Inspection.Sessions.Tls;

/// <summary>One side's records as frames: head, whole, and what is in them.</summary>
internal sealed class TlsFrames(StreamFrames frames)
{
    private const int HeaderLength = 5;

    private readonly byte[] _header = new byte[HeaderLength];
    private int _count;
    private long _left;
    private bool _isBroken;

    public void Take(ReadOnlySpan<byte> bytes)
    {
        for (var place = 0; place < bytes.Length && !_isBroken;)
        {
            if (_left > 0)
            {
                var passed = (int)Math.Min(_left, bytes.Length - place);
                frames.Take(bytes.Slice(place, passed));
                (_left, place) = (_left - passed, place + passed);
                continue;
            }
            var taken = Math.Min(HeaderLength - _count, bytes.Length - place);
            bytes.Slice(place, taken).CopyTo(_header.AsSpan(_count));
            (_count, place) = (_count + taken, place + taken);
            if (_count < HeaderLength) return;
            Begin(place - HeaderLength);
            frames.Take(_header);
            _count = 0;
        }
    }

    public void Clear()
    {
        frames.Clear();
        (_count, _left, _isBroken) = (0, 0, false);
    }

    private void Begin(int place)
    {
        var length = _header[3] << 8 | _header[4];
        var type = (TlsContentType)_header[0];
        // An older hello (SSL 2) has no such records.
        _isBroken = type is < TlsContentType.ChangeCipherSpec or > TlsContentType.Heartbeat;
        if (_isBroken) return;
        frames.Begin(FrameType.TlsHeader, place, 0, HeaderLength);
        frames.Begin(FrameType.TlsPdu, place, 0, HeaderLength + length);
        var data = type switch { TlsContentType.Alert => FrameType.TlsAlert, TlsContentType.Heartbeat => FrameType.TlsHeartbeat, _ => FrameType.TlsData };
        frames.Begin(data, place + HeaderLength, HeaderLength, length);
        _left = length;
    }
}
