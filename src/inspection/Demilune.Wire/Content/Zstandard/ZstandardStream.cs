using System.Buffers.Binary;

namespace Demilune.Wire.Content.Zstandard;

/// <summary>
/// Undoes Zstandard (RFC 8878), as bodies of HTTP have it (RFC 9659). A block is decoded when it is there whole, as its receiver does. When the source
/// has no more for now a read says 0, and a later one may say more.
/// </summary>
/// <remarks>
/// Checksums are not looked at, nor whether the content has the length that its header says: some receivers do not, either.
/// A frame that needs a dictionary is invalid, since only its receiver has it.
/// </remarks>
internal sealed class ZstandardStream(Stream source) : Stream
{
    /// <summary>RFC 8878 §3.1.1.2.4, compressed or not.</summary>
    public const int MaxBlock = 128 << 10;

    /// <summary>RFC 9659 §3: of what reaches back further no receiver of HTTP need understand anything.</summary>
    public const int MaxWindow = 8 << 20;

    private const uint Magic = 0xfd2fb528;
    private const uint SkippedMagic = 0x184d2a50;

    private readonly ContentWindow _window = new();
    private readonly Literals _literals = new();
    private readonly Sequences _sequences = new();
    private byte[] _input = new byte[16];
    private int _length;
    private Step _step;
    private int _needed = 4;
    private byte _descriptor;
    private long _left;
    private bool _isLastBlock;

    /// <summary>What the input is to hold next.</summary>
    private enum Step : byte
    {
        Magic,
        SkippedLength,
        Skipped,
        Descriptor,
        Header,
        BlockHeader,
        Raw,
        Repeated,
        Compressed,
        Checksum,
    }

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <exception cref="InvalidDataException">This is no Zstandard, or none that a receiver of HTTP would take.</exception>
    public override int Read(Span<byte> buffer)
    {
        while (true)
        {
            if (_window.Untold > 0) return _window.Take(buffer);
            if (_step is Step.Raw or Step.Skipped)
            {
                if (!TryPass()) return 0;
                continue;
            }
            if (!TryFill()) return 0;
            if (!TryTakeStep(_input.AsSpan(0, _needed))) throw new InvalidDataException("No Zstandard, or none that HTTP allows.");
            _length = 0;
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private bool TryFill()
    {
        if (_input.Length < _needed) Array.Resize(ref _input, _needed);
        while (_length < _needed)
        {
            var count = source.Read(_input, _length, _needed - _length);
            if (count == 0) return false;
            _length += count;
        }
        return true;
    }

    /// <summary>Bytes that are content, or nothing, as they are: they need not wait for each other.</summary>
    private bool TryPass()
    {
        if (_input.Length < 4096) Array.Resize(ref _input, 4096);
        if (_left > 0)
        {
            var count = source.Read(_input, 0, (int)Math.Min(_left, _input.Length));
            if (count == 0) return false;
            _left -= count;
            // There is room: a block is no longer than the window's reserve.
            if (_step == Step.Raw) _window.TryAppend(_input.AsSpan(0, count));
        }
        if (_left > 0) return true;
        if (_step == Step.Raw) EndBlock();
        else Expect(Step.Magic, 4);
        return true;
    }

    private bool TryTakeStep(ReadOnlySpan<byte> bytes)
    {
        switch (_step)
        {
            case Step.Magic:
                var magic = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
                if ((magic & ~0xfu) == SkippedMagic) Expect(Step.SkippedLength, 4);
                else Expect(Step.Descriptor, 1);
                return magic == Magic || _step == Step.SkippedLength;
            case Step.SkippedLength:
                _left = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
                Expect(Step.Skipped, 0);
                return true;
            case Step.Descriptor:
                _descriptor = bytes[0];
                if ((_descriptor & 0x08) != 0) return false;
                Expect(Step.Header, (HasWindow ? 1 : 0) + DictionaryLength + ContentSizeLength);
                return true;
            case Step.Header:
                return TryBeginFrame(bytes);
            case Step.BlockHeader:
                return TryBeginBlock(bytes[0] | bytes[1] << 8 | bytes[2] << 16);
            case Step.Repeated:
                if (!_window.TryFill(bytes[0], (int)_left)) return false;
                EndBlock();
                return true;
            case Step.Compressed:
                var length = _literals.Read(bytes);
                if (length == 0 || !_sequences.TryExecute(bytes[length..], _literals.Last.Span, _window)) return false;
                EndBlock();
                return true;
            case Step.Checksum:
                Expect(Step.Magic, 4);
                return true;
            default:
                return false;
        }
    }

    private bool HasWindow => (_descriptor & 0x20) == 0;
    private int DictionaryLength => (_descriptor & 3) switch { 3 => 4, var length => length };
    private int ContentSizeLength => (_descriptor >> 6) switch { 0 => HasWindow ? 0 : 1, var power => 1 << power };

    private bool TryBeginFrame(ReadOnlySpan<byte> header)
    {
        var size = ContentSize(header);
        if (HasWindow)
        {
            var window = 1L << 10 + (header[0] >> 3);
            size = (ulong)(window + window / 8 * (header[0] & 7));
            header = header[1..];
        }
        if (size > MaxWindow || header[..DictionaryLength].ContainsAnyExcept((byte)0)) return false;
        _window.Restart((int)size);
        _literals.Restart();
        _sequences.Restart();
        Expect(Step.BlockHeader, 3);
        return true;
    }

    /// <summary>What a frame without a window of its own is as large as.</summary>
    private ulong ContentSize(ReadOnlySpan<byte> header)
    {
        var bytes = header[^ContentSizeLength..];
        ulong size = 0;
        for (var i = bytes.Length - 1; i >= 0; i--) size = size << 8 | bytes[i];
        return ContentSizeLength == 2 ? size + 256 : size;
    }

    private bool TryBeginBlock(int header)
    {
        _isLastBlock = (header & 1) != 0;
        _left = header >> 3;
        if (_left > MaxBlock) return false;
        _window.Begin();
        switch (header >> 1 & 3)
        {
            case 0:
                Expect(Step.Raw, 0);
                return true;
            case 1:
                Expect(Step.Repeated, 1);
                return true;
            case 2:
                Expect(Step.Compressed, (int)_left);
                return true;
            default:
                return false;
        }
    }

    private void EndBlock()
    {
        if (!_isLastBlock) Expect(Step.BlockHeader, 3);
        else if ((_descriptor & 4) != 0) Expect(Step.Checksum, 4);
        else Expect(Step.Magic, 4);
    }

    private void Expect(Step step, int bytes) => (_step, _needed) = (step, bytes);
}
