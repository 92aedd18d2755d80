using System.Buffers;
using System.IO.Compression;
using System.Text;
using Demilune.Wire.Content.Zstandard;
using Demilune.Wire.Http1;

namespace Demilune.Wire.Content;

/// <summary>Undoes content codings (RFC 9110 §8.4) piece by piece, and refuses to be filled by a bomb.</summary>
public sealed class ContentDecoder : IDisposable
{
    /// <summary>Before this many bytes have come out no ratio is held against a body.</summary>
    private const long FreeOutput = 1 << 20;

    private readonly List<Stage> _stages = [];
    private readonly byte[] _output = new byte[16 << 10];
    private readonly int _maxRatio;
    private bool _hasFailed;
    private long _in;
    private long _out;

    private ContentDecoder(int maxRatio) => _maxRatio = maxRatio;

    /// <param name="codings">The value of the field: the last one was applied last.</param>
    /// <param name="maxRatio">How much larger than its encoded form a body may become.</param>
    /// <param name="sink">Hears of codings that cannot be undone.</param>
    /// <param name="maxCodings">More than these on top of each other are not undone: two exist in the wild by mistake.</param>
    /// <returns>Null: the body is to be taken as it is.</returns>
    public static ContentDecoder? For(ReadOnlySpan<byte> codings, int maxRatio, IContentSink sink, int maxCodings = 3)
    {
        ContentDecoder? decoder = null;
        foreach (var range in codings.Split((byte)','))
        {
            var name = codings[range].Trim(" \t"u8);
            if (name.IsEmpty || Ascii.EqualsIgnoreCase(name, "identity"u8)) continue;
            var stage = Stage.For(name);
            decoder ??= new(maxRatio);
            if (stage is null || decoder._stages.Count == maxCodings)
            {
                sink.Failed(stage is null ? ContentFailure.UnknownCoding : ContentFailure.TooManyCodings);
                stage?.Dispose();
                decoder.Dispose();
                return null;
            }
            decoder._stages.Insert(0, stage);
        }
        return decoder;
    }

    /// <summary>Takes the next piece, all of it.</summary>
    public void Feed(ReadOnlySpan<byte> bytes, IContentSink sink)
    {
        _in += bytes.Length;
        if (_hasFailed) sink.Content(bytes);
        else Feed(0, bytes, sink);
    }

    public void Dispose()
    {
        foreach (var stage in _stages) stage.Dispose();
        _stages.Clear();
    }

    private void Feed(int index, ReadOnlySpan<byte> bytes, IContentSink sink)
    {
        if (index == _stages.Count)
        {
            _out += bytes.Length;
            sink.Content(bytes);
            if (_out > FreeOutput && _out / _maxRatio > _in) Fail(ContentFailure.Bomb, sink);
            return;
        }
        var stage = _stages[index];
        stage.Give(bytes);
        // Only the last stage may use the shared output: the others' output must survive the calls below them.
        var output = index == _stages.Count - 1 ? _output : stage.Output;
        while (!_hasFailed)
        {
            if (!stage.TryTake(output, out var count))
            {
                // Clients look neither at the checksums nor at flags that mean nothing to them.
                if (stage.TryBeLenient())
                {
                    sink.Failed(ContentFailure.Invalid);
                    continue;
                }
                // A coding that was announced and not applied: what is below it may still be there.
                if (stage.TryStandAside(out var whole))
                {
                    sink.Failed(ContentFailure.Invalid);
                    _stages.RemoveAt(index);
                    Feed(index, whole, sink);
                    stage.Dispose();
                    return;
                }
                Fail(ContentFailure.Invalid, sink);
                sink.Content(bytes);        // perhaps the name of the coding was the lie
                return;
            }
            if (count == 0) return;
            stage.HasSpoken = true;
            var repeated = stage.Repeated(count);
            if (repeated < count) Feed(index + 1, output.AsSpan(repeated, count - repeated), sink);
        }
    }

    private void Fail(ContentFailure failure, IContentSink sink)
    {
        if (_hasFailed) return;
        _hasFailed = true;
        sink.Failed(failure);
    }

    /// <summary>One coding. The framework's decoders read from a stream; this one runs dry between two pieces.</summary>
    private sealed class Stage(Func<Stream, Stream> open) : IDisposable
    {
        private readonly PieceStream _source = new();
        private Stream? _decoder;
        private byte[]? _ownOutput;
        private bool _isGzip;
        private int _given;

        /// <summary>
        /// All that was given as long as it is short: until something has come out, to give it back if it never will; of a gzip body, to be read again
        /// by somebody more lenient. Null: none yet, or not any more.
        /// </summary>
        private byte[]? _kept;

        /// <summary>-1: it got too long.</summary>
        private int _keptLength;
        private long _spoken;
        private long _repeat;

        /// <summary>Begins anew without a look at header flags and checksums (RFC 1952 §2.3). What has come out already comes again.</summary>
        /// <returns>False if that has been tried, if it is no gzip, or if too much was given to be kept.</returns>
        public bool TryBeLenient()
        {
            if (!_isGzip || _kept is null || !GzipHeader.TrySkip(_kept.AsSpan(0, _keptLength), out var header)) return false;
            _isGzip = false;
            _repeat = _spoken;
            _decoder?.Dispose();
            _source.Restart(_kept.AsSpan(header, _keptLength - header));
            if (HasSpoken) Forget();
            _decoder = new DeflateStream(_source, CompressionMode.Decompress);
            return true;
        }

        /// <summary>How many of these bytes have come out before.</summary>
        public int Repeated(int count)
        {
            var repeated = (int)Math.Min(_repeat, count);
            _repeat -= repeated;
            _spoken += count - repeated;
            return repeated;
        }

        public bool HasSpoken { get; set; }

        /// <returns>False if something came out already, or too much was given to be kept.</returns>
        public bool TryStandAside(out byte[] whole)
        {
            whole = HasSpoken || _kept is null ? [] : _kept[.._keptLength];
            return whole.Length > 0;
        }

        public byte[] Output => _ownOutput ??= new byte[16 << 10];

        public static Stage? For(ReadOnlySpan<byte> name)
        {
            // Clients look for the word within whatever a server writes around it.
            if (Lenient.Contains(name, "gzip"u8)) return new(static s => new GZipStream(s, CompressionMode.Decompress)) { _isGzip = true };
            if (Lenient.Contains(name, "deflate"u8)) return new(OpenDeflate);
            if (Lenient.AreEqual(name, "br"u8)) return new(static s => new BrotliStream(s, CompressionMode.Decompress));
            if (Lenient.AreEqual(name, "zstd"u8)) return new(static s => new ZstandardStream(s));
            return null;
        }

        public void Give(ReadOnlySpan<byte> bytes)
        {
            if (HasSpoken && !_isGzip) Forget();
            else Keep(bytes);
            // To some clients these still belong to the head of the message.
            if (_isGzip && _given == 0) bytes = bytes.TrimStart("\r\n"u8);
            _source.Give(bytes, _isGzip && _given <= GzipFlags && _given + bytes.Length > GzipFlags ? GzipFlags - _given : -1);
            _given = Math.Min(_given + bytes.Length, GzipFlags + 1);
        }

        /// <summary>Where a gzip header has its flags. Clients do not look at those that RFC 1952 §2.3.1.2 reserves, the framework's decoder refuses them.</summary>
        private const int GzipFlags = 3;

        /// <summary>A decoder says within its first block whether the bytes are of its coding.</summary>
        private const int MaxKept = 64 << 10;

        /// <param name="count">0: nothing more until more is given.</param>
        /// <returns>False if the bytes are not of this coding.</returns>
        public bool TryTake(byte[] output, out int count)
        {
            count = 0;
            if (_decoder is null && _source.Available < 2) return true;     // "deflate" is told apart by two bytes
            _decoder ??= open(_source);
            try
            {
                count = _decoder.Read(output);
                return true;
            }
            catch (Exception e) when (e is InvalidDataException or InvalidOperationException or IOException)
            {
                // Which of them depends on the coding: BrotliStream says InvalidOperationException.
                return false;
            }
        }

        public void Dispose()
        {
            Forget();
            _decoder?.Dispose();
        }

        private void Keep(ReadOnlySpan<byte> bytes)
        {
            if (_keptLength < 0) return;
            if (_keptLength + bytes.Length > MaxKept)
            {
                Forget();
                return;
            }
            _kept ??= ArrayPool<byte>.Shared.Rent(MaxKept);
            bytes.CopyTo(_kept.AsSpan(_keptLength));
            _keptLength += bytes.Length;
        }

        private void Forget()
        {
            if (_kept is not null) ArrayPool<byte>.Shared.Return(_kept);
            (_kept, _keptLength) = (null, -1);
        }

        /// <summary>RFC 9110 §8.4.1.2 says zlib; some servers and clients send it bare, and browsers take both.</summary>
        private static Stream OpenDeflate(Stream source)
        {
            var head = ((PieceStream)source).Peek();
            var isZlib = (head[0] & 0xf) == 8 && (head[0] << 8 | head[1]) % 31 == 0;
            return isZlib ? new ZLibStream(source, CompressionMode.Decompress) : new DeflateStream(source, CompressionMode.Decompress);
        }
    }
}
