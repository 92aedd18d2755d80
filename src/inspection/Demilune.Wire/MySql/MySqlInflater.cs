using System.Buffers.Binary;
using System.IO.Compression;
using Demilune.Wire.Content;

namespace Demilune.Wire.MySql;

/// <summary>Undoes one direction's compressed packets ("Compressed Packet"): seven bytes of header, then zlib or plain bytes, which hold packets in any pieces.</summary>
public sealed class MySqlInflater : IDisposable
{
    private const int HeaderLength = 7;

    private readonly byte[] _header = new byte[sizeof(ulong)];
    private readonly byte[] _output = new byte[16 << 10];
    private readonly PieceStream _source = new();
    private ZLibStream? _inflater;
    private int _length;
    private int _rest;
    private int _plain;

    /// <summary>What came is not compressed as it says; nothing is read behind it.</summary>
    public bool IsBroken { get; private set; }

    public void Reset()
    {
        EndPacket();
        IsBroken = false;
    }

    public void Dispose() => EndPacket();

    /// <summary>Takes bytes until some have come out.</summary>
    /// <param name="bytes">Afterwards, those that were not taken: call again until it says no.</param>
    /// <param name="plain">Some of the packets within; valid until the next call.</param>
    public bool TryRead(ref ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> plain)
    {
        plain = default;
        while (!IsBroken)
        {
            if (_inflater is not null && TryInflate(out plain)) return true;
            if (_length == HeaderLength && _rest == 0)
            {
                IsBroken |= _plain > 0;
                EndPacket();
            }
            if (bytes.IsEmpty) return false;
            if (_length < HeaderLength)
            {
                _header[_length++] = bytes[0];
                bytes = bytes[1..];
                if (_length == HeaderLength) BeginPacket();
                continue;
            }
            var piece = bytes[..Math.Min(bytes.Length, _rest)];
            bytes = bytes[piece.Length..];
            _rest -= piece.Length;
            if (_inflater is null)
            {
                plain = piece;
                return true;
            }
            _source.Give(piece, -1);
        }
        return false;
    }

    private void BeginPacket()
    {
        var word = BinaryPrimitives.ReadUInt64LittleEndian(_header);
        (_rest, _plain) = ((int)(word & 0xff_ffff), (int)(word >> 32) & 0xff_ffff);
        if (_plain > 0) _inflater = new(_source, CompressionMode.Decompress, leaveOpen: true);
    }

    /// <summary>No more may come out than the header has said, and what ends the stream has to fit what came.</summary>
    private bool TryInflate(out ReadOnlySpan<byte> plain)
    {
        plain = default;
        try
        {
            var count = _inflater!.Read(_output, 0, Math.Clamp(_plain, 1, _output.Length));
            IsBroken = count > _plain;
            if (IsBroken) return false;
            _plain -= count;
            plain = _output.AsSpan(0, count);
            return count > 0;
        }
        catch (Exception wrong) when (wrong is InvalidDataException or IOException)
        {
            IsBroken = true;
            return false;
        }
    }

    private void EndPacket()
    {
        _inflater?.Dispose();
        _inflater = null;
        _source.Restart(default);
        (_length, _rest, _plain) = (0, 0, 0);
    }
}
