using System.IO.Compression;
using Demilune.Wire.Content;

namespace Demilune.Wire.WebSocket;

/// <summary>Undoes one direction's permessage-deflate (RFC 7692) piece by piece, and refuses to be filled by a bomb.</summary>
/// <remarks>
/// Messages go on with the window of those before them, unless their sender has promised otherwise: having what it does not need does no harm, so that promise
/// is not read.
/// </remarks>
/// <param name="maxRatio">How much larger than its compressed form all of it may become.</param>
public sealed class MessageInflater(int maxRatio) : IDisposable
{
    /// <summary>Before this many bytes have come out no ratio is held against it.</summary>
    private const long FreeOutput = 1 << 20;

    private readonly PieceStream _source = new();
    private readonly byte[] _output = new byte[16 << 10];
    private DeflateStream? _inflater;
    private long _in;
    private long _out;
    private bool _isWithin;

    /// <summary>What has come was not compressed, or a bomb: nothing behind it can be read.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>Takes the next piece of a message.</summary>
    /// <param name="bytes">All of them are taken.</param>
    /// <param name="isEnd">Of the message.</param>
    /// <param name="sink">Hears what comes out, and of a failure; after one the bytes as they are.</param>
    public void Feed(ReadOnlySpan<byte> bytes, bool isEnd, IContentSink sink)
    {
        _in += bytes.Length;
        _isWithin |= !bytes.IsEmpty;
        Inflate(bytes, sink);
        if (!isEnd || !_isWithin) return;
        Inflate([0, 0, 0xff, 0xff], sink);      // what its sender has left out (§7.2.1)
        _isWithin = false;
        // A message may end its stream with a last block (§7.2.3.4), behind which nothing is read; what follows it begins anew.
        if (_source.Available > 0) Forget();
    }

    public void Dispose() => Forget();

    private void Inflate(ReadOnlySpan<byte> bytes, IContentSink sink)
    {
        if (HasFailed)
        {
            sink.Content(bytes);
            return;
        }
        _source.Give(bytes, -1);
        _inflater ??= new(_source, CompressionMode.Decompress, leaveOpen: true);
        try
        {
            while (_inflater.Read(_output) is > 0 and var count)
            {
                _out += count;
                sink.Content(_output.AsSpan(0, count));
                if (_out > FreeOutput && _out / maxRatio > _in)
                {
                    Fail(ContentFailure.Bomb, sink);
                    return;
                }
            }
        }
        catch (Exception wrong) when (wrong is InvalidDataException or IOException)
        {
            Fail(ContentFailure.Invalid, sink);
            sink.Content(bytes);
        }
    }

    private void Fail(ContentFailure failure, IContentSink sink)
    {
        HasFailed = true;
        Forget();
        sink.Failed(failure);
    }

    private void Forget()
    {
        _inflater?.Dispose();
        _inflater = null;
        _source.Restart(default);
    }
}
