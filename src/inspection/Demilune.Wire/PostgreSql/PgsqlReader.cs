using System.Buffers.Binary;

namespace Demilune.Wire.PostgreSql;

/// <summary>Cuts one direction of PostgreSQL's protocol 3 into messages, however the bytes are cut ("Frontend/Backend Protocol" of its manual).</summary>
public sealed class PgsqlReader(bool isClient)
{
    /// <summary>Of a longer message (a query may have a gigabyte) this much is held; the rest goes by.</summary>
    private const int MaxHeld = 64 << 10;

    /// <summary>A startup packet: libpq and the server refuse more.</summary>
    private const int MaxStartup = 10_000;

    private const int LengthSize = 4;

    private byte[] _bytes = new byte[256];
    private int _length;
    private int _skip;
    private int _rest;
    private int _wanted = -1;

    /// <summary>Not set: the next message has no type before its length, as a client's first has none.</summary>
    public bool IsTyped { get; set; } = !isClient;

    /// <summary>The next byte is a message of its own: the answer to a request for encryption.</summary>
    public bool ExpectsAnswer { get; set; }

    /// <summary>These bytes are not of this protocol.</summary>
    public bool IsBroken { get; private set; }

    public void Reset() => (_length, _skip, _rest, _wanted, IsTyped, ExpectsAnswer, IsBroken) = (0, 0, 0, -1, !isClient, false, false);

    /// <summary>Takes bytes until a message is complete.</summary>
    /// <param name="bytes">Afterwards, those that were not taken: call again until there are none.</param>
    /// <param name="type">Its letter; 0 for a startup packet.</param>
    /// <param name="body">Behind its length; valid until the next call.</param>
    public bool TryRead(ref ReadOnlySpan<byte> bytes, out byte type, out ReadOnlySpan<byte> body)
    {
        type = 0;
        body = default;
        while (!bytes.IsEmpty && !IsBroken)
        {
            if (_skip > 0)
            {
                var skipped = Math.Min(_skip, bytes.Length);
                _skip -= skipped;
                bytes = bytes[skipped..];
                continue;
            }
            if (ExpectsAnswer && _length == 0)
            {
                ExpectsAnswer = false;
                if (bytes[0] is (byte)'S' or (byte)'N' or (byte)'G')
                {
                    type = bytes[0];
                    bytes = bytes[1..];
                    return true;
                }
            }
            if (_wanted < 0)
            {
                Keep(bytes[..1]);
                bytes = bytes[1..];
                if (_length == HeaderSize) Begin();
            }
            else
            {
                var piece = bytes[..Math.Min(bytes.Length, _wanted - _length)];
                Keep(piece);
                bytes = bytes[piece.Length..];
            }
            if (_wanted < 0 || _length < _wanted) continue;
            type = IsTyped ? _bytes[0] : (byte)0;
            body = _bytes.AsSpan(HeaderSize, _length - HeaderSize);
            (_skip, _rest, _length, _wanted) = (_rest, 0, 0, -1);
            return true;
        }
        return false;
    }

    private int HeaderSize => IsTyped ? 1 + LengthSize : LengthSize;

    private void Begin()
    {
        var length = BinaryPrimitives.ReadInt32BigEndian(_bytes.AsSpan(HeaderSize - LengthSize)) - LengthSize;
        if (length < 0 || (!IsTyped && length is < 4 or > MaxStartup))
        {
            IsBroken = true;
            return;
        }
        var held = Math.Min(length, MaxHeld);
        (_wanted, _rest) = (HeaderSize + held, length - held);
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        if (_bytes.Length < _length + bytes.Length) Array.Resize(ref _bytes, Math.Max(_length + bytes.Length, _bytes.Length * 2));
        bytes.CopyTo(_bytes.AsSpan(_length));
        _length += bytes.Length;
    }
}
