using System.Buffers.Binary;
using System.IO.Compression;

namespace Demilune.Wire.MongoDb;

/// <summary>Undoes a compressed message ("OP_COMPRESSED"), as much of it as is held of any.</summary>
public sealed class MongoInflater
{
    /// <summary>Before the compressed bytes: the operation, the size of what comes out, and how it is compressed.</summary>
    private const int HeadLength = 9;

    private const byte Plain = 0, OfSnappy = 1, Zlib = 2;

    private byte[] _output = [];
    private int _length;

    /// <summary>What came out.</summary>
    public ReadOnlySpan<byte> Message => _output.AsSpan(0, _length);

    public MongoOperation Operation { get; private set; }

    /// <param name="message">Behind its header.</param>
    /// <param name="limit">Bytes that may come out; no more are kept.</param>
    /// <returns>False: it is not what it says, or compressed in a way that cannot be undone here (Zstandard).</returns>
    public bool TryRead(ReadOnlySpan<byte> message, int limit)
    {
        _length = 0;
        if (message.Length < HeadLength) return false;
        Operation = (MongoOperation)BinaryPrimitives.ReadInt32LittleEndian(message);
        var size = BinaryPrimitives.ReadInt32LittleEndian(message[4..]);
        if (size < 0 || Operation == MongoOperation.Compressed) return false;
        var room = Math.Min(size, limit);
        if (_output.Length < room) _output = new byte[room];
        var compressed = message[HeadLength..];
        switch (message[8])
        {
            case Plain:
                _length = Math.Min(room, compressed.Length);
                compressed[.._length].CopyTo(_output);
                return true;
            case OfSnappy: return Snappy.TryDecode(compressed, _output.AsSpan(0, room), out _length) && _length == room;
            case Zlib: return TryInflate(compressed, room);
            default: return false;
        }
    }

    private bool TryInflate(ReadOnlySpan<byte> compressed, int room)
    {
        using var source = new MemoryStream(compressed.ToArray(), writable: false);
        using var zlib = new ZLibStream(source, CompressionMode.Decompress);
        try
        {
            _length = zlib.ReadAtLeast(_output.AsSpan(0, room), room, throwOnEndOfStream: false);
            return _length == room;
        }
        catch (Exception wrong) when (wrong is InvalidDataException or IOException)
        {
            return false;
        }
    }
}
