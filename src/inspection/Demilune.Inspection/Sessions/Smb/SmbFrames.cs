using System.Buffers.Binary;
using Demilune.Inspection.Detection;
using Demilune.Rules.Buffers;

namespace Demilune.Inspection.Sessions.Smb;

/// <summary>One side's frames: NetBIOS' with their headers and data, and in them those of each version.</summary>
internal sealed class SmbFrames(StreamFrames frames)
{
    private const int NetBiosHeader = 4;

    /// <summary>Enough of a message to see whose it is and where the next of its chain begins.</summary>
    private const int MessageStart = 24;

    private readonly byte[] _held = new byte[MessageStart];
    private int _count;

    /// <summary>Of NetBIOS' data: bytes that belong to no message yet; and of the message at hand.</summary>
    private long _dataLeft;
    private long _messageLeft;
    private bool _isMessage;

    public void Take(ReadOnlySpan<byte> bytes)
    {
        for (var place = 0; place < bytes.Length;)
        {
            if (_messageLeft > 0)
            {
                var passed = (int)Math.Min(_messageLeft, bytes.Length - place);
                frames.Take(bytes.Slice(place, passed));
                (_messageLeft, place) = (_messageLeft - passed, place + passed);
                continue;
            }
            var wanted = _isMessage ? (int)Math.Min(_dataLeft, MessageStart) : NetBiosHeader;
            var taken = Math.Min(wanted - _count, bytes.Length - place);
            bytes.Slice(place, taken).CopyTo(_held.AsSpan(_count));
            (_count, place) = (_count + taken, place + taken);
            if (_count < wanted) return;
            if (_isMessage) BeginMessage(place - _count);
            else BeginFrame(place - _count);
            frames.Take(_held.AsSpan(0, _count));
            _count = 0;
        }
    }

    public void Clear()
    {
        frames.Clear();
        (_count, _dataLeft, _messageLeft, _isMessage) = (0, 0, 0, false);
    }

    private void BeginFrame(int place)
    {
        var length = _held[1] << 16 | _held[2] << 8 | _held[3];
        frames.Begin(FrameType.NbssPdu, place, 0, NetBiosHeader + length);
        frames.Begin(FrameType.NbssHeader, place, 0, NetBiosHeader);
        frames.Begin(FrameType.NbssData, place + NetBiosHeader, NetBiosHeader, length);
        _isMessage = _held[0] == 0 && length > 0;
        (_dataLeft, _messageLeft) = _isMessage ? (length, 0) : (0, length);
    }

    private void BeginMessage(int place)
    {
        var length = _dataLeft;
        var start = _held.AsSpan(0, _count);
        if (start.Length >= 4 && start[1..4].SequenceEqual("SMB"u8))
        {
            switch (start[0])
            {
                case 0xff:
                    Begin(FrameType.Smb1Pdu, place, length, length, 32);
                    break;
                case 0xfe:
                    var next = _count == MessageStart ? BinaryPrimitives.ReadUInt32LittleEndian(start[20..]) : 0;
                    if (next >= 64 && next < length) length = next;
                    Begin(FrameType.Smb2Pdu, place, _dataLeft, length, 64);
                    break;
                case 0xfd:
                    Begin(FrameType.Smb3Pdu, place, length, length, 52);
                    break;
            }
        }
        _dataLeft -= length;
        _messageLeft = length - _count;
        _isMessage = _dataLeft > 0;
    }

    /// <param name="pdu">The first of three kinds.</param>
    private void Begin(FrameType pdu, int place, long whole, long length, int header)
    {
        frames.Begin(pdu, place, 0, whole);
        if (length < header) return;
        frames.Begin(pdu + 1, place, 0, header);
        frames.Begin(pdu + 2, place + header, header, length - header);
    }
}
