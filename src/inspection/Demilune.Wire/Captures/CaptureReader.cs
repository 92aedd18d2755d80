using System.Buffers.Binary;

namespace Demilune.Wire.Captures;

/// <summary>Reads pcap (micro- and nanoseconds, either byte order) and pcapng captures from a stream, one frame at a time.</summary>
public sealed class CaptureReader
{
    /// <summary>No link has larger frames; a length beyond is damage, and would be memory.</summary>
    private const int MaxFrame = 1 << 20;

    private const uint SectionHeader = 0x0a0d_0d0a;

    private readonly Stream _stream;
    private readonly bool _isNext;
    private readonly List<CaptureInterface> _interfaces = [];
    private byte[] _block = new byte[64 << 10];
    private bool _isBigEndian;

    private CaptureReader(Stream stream, bool isNext, bool isBigEndian, CaptureInterface? single)
    {
        (_stream, _isNext, _isBigEndian) = (stream, isNext, isBigEndian);
        if (single is { } link) _interfaces.Add(link);
    }

    /// <summary>What is wrong with the capture and where; null as long as nothing is. Frames before it were good.</summary>
    public string? Damage { get; private set; }

    /// <summary>Bytes read so far.</summary>
    public long Position { get; private set; }

    /// <summary>Frames of a link type that we cannot read; they were skipped.</summary>
    public long Skipped { get; private set; }

    /// <param name="stream">Read forward only; stays the caller's.</param>
    /// <exception cref="InvalidDataException">Neither pcap nor pcapng.</exception>
    public static CaptureReader Open(Stream stream)
    {
        Span<byte> magic = stackalloc byte[4];
        if (stream.ReadAtLeast(magic, 4, throwOnEndOfStream: false) < 4) throw new InvalidDataException("The capture is shorter than any header.");
        var little = BinaryPrimitives.ReadUInt32LittleEndian(magic);
        if (little == SectionHeader)
        {
            var next = new CaptureReader(stream, isNext: true, isBigEndian: false, single: null) { Position = 4 };
            return next.TryReadSection() ? next : throw new InvalidDataException("The pcapng section header is damaged.");
        }
        var isBig = little is 0xd4c3_b2a1 or 0x4d3c_b2a1;
        if (!isBig && little is not (0xa1b2_c3d4 or 0xa1b2_3c4d)) throw new InvalidDataException($"Neither pcap nor pcapng: it begins with {little:x8}.");
        Span<byte> header = stackalloc byte[20];
        if (stream.ReadAtLeast(header, 20, throwOnEndOfStream: false) < 20) throw new InvalidDataException("The pcap header is cut.");
        var link = (int)(Read32(header[16..], isBig) & 0xffff);
        var nanos = little is 0x4d3c_b2a1 or 0xa1b2_3c4d ? 1 : 1000;
        return new(stream, isNext: false, isBig, new CaptureInterface(link, nanos, 0)) { Position = 24 };
    }

    /// <returns>False at the end, or at the first damage.</returns>
    public bool TryRead(out CapturedFrame frame)
    {
        frame = default;
        while (Damage is null)
        {
            var (time, link, length, original) = (0L, 0, -1, 0);
            if (_isNext ? !TryReadBlock(out time, out link, out var start, out length, out original) : !TryReadRecord(out time, out link, out start, out length, out original))
                return false;
            if (length < 0) continue;
            if (LinkType.KindOf(link) != Decoding.PacketKind.None)
            {
                frame = new(time, _block.AsSpan(start, length), original, link);
                return true;
            }
            Skipped++;
        }
        return false;
    }

    private bool TryReadRecord(out long time, out int link, out int start, out int length, out int original)
    {
        (time, link, start, length, original) = (0, _interfaces[0].Link, 0, -1, 0);
        Span<byte> header = stackalloc byte[16];
        if (!TryFill(header, mayEnd: true)) return false;
        var captured = Read32(header[8..], _isBigEndian);
        if (captured > MaxFrame) return Fail($"a record of {captured} bytes");
        time = Read32(header, _isBigEndian) * 1_000_000_000L + Read32(header[4..], _isBigEndian) * _interfaces[0].NanosPerTick;
        original = (int)Math.Min(Read32(header[12..], _isBigEndian), int.MaxValue);
        length = (int)captured;
        return TryFillBlock(start, length);
    }

    /// <summary>One pcapng block; <paramref name="length"/> stays -1 if it is none with a frame.</summary>
    private bool TryReadBlock(out long time, out int link, out int start, out int length, out int original)
    {
        (time, link, start, length, original) = (0, 0, 0, -1, 0);
        Span<byte> header = stackalloc byte[8];
        if (!TryFill(header[..4], mayEnd: true)) return false;
        if (BinaryPrimitives.ReadUInt32LittleEndian(header) == SectionHeader) return TryReadSection();
        if (!TryFill(header[4..], mayEnd: false)) return false;
        var type = Read32(header, _isBigEndian);
        var total = Read32(header[4..], _isBigEndian);
        if (total < 12 || total % 4 != 0 || total > MaxFrame + 4096) return Fail($"a block of {total} bytes");
        var body = (int)total - 8;
        if (!TryFillBlock(0, body)) return false;
        var bytes = _block.AsSpan(0, body - 4);
        switch (type)
        {
            case 1 when bytes.Length >= 8:
                _interfaces.Add(CaptureInterface.Read(bytes, _isBigEndian));
                return true;
            case 6 when bytes.Length >= 20:
                var id = Read32(bytes, _isBigEndian);
                var captured = Read32(bytes[12..], _isBigEndian);
                if (id >= _interfaces.Count) return Fail($"a packet of interface {id}, which was not described");
                if (captured > bytes.Length - 20) return Fail($"a packet of {captured} bytes in a block of {total}");
                var ticks = (ulong)Read32(bytes[4..], _isBigEndian) << 32 | Read32(bytes[8..], _isBigEndian);
                time = _interfaces[(int)id].ToNanoseconds(ticks);
                (link, start, length) = (_interfaces[(int)id].Link, 20, (int)captured);
                original = (int)Math.Min(Read32(bytes[16..], _isBigEndian), int.MaxValue);
                return true;
            case 3 when bytes.Length >= 4 && _interfaces.Count > 0:
                original = (int)Math.Min(Read32(bytes, _isBigEndian), int.MaxValue);
                (link, start, length) = (_interfaces[0].Link, 4, Math.Min(original, bytes.Length - 4));
                return true;
            default:
                return true;
        }
    }

    /// <summary>The rest of a section header: its byte order holds until the next one.</summary>
    private bool TryReadSection()
    {
        Span<byte> rest = stackalloc byte[8];
        if (!TryFill(rest, mayEnd: false)) return false;
        var order = BinaryPrimitives.ReadUInt32LittleEndian(rest[4..]);
        if (order is not (0x1a2b_3c4d or 0x4d3c_2b1a)) return Fail("a section without a byte order");
        _isBigEndian = order == 0x4d3c_2b1a;
        _interfaces.Clear();
        var total = Read32(rest, _isBigEndian);
        if (total < 28 || total > MaxFrame) return Fail($"a section header of {total} bytes");
        return TryFillBlock(0, (int)total - 12);
    }

    private bool TryFillBlock(int start, int length)
    {
        if (_block.Length < start + length) Array.Resize(ref _block, start + length);
        return TryFill(_block.AsSpan(start, length), mayEnd: false);
    }

    private bool TryFill(Span<byte> bytes, bool mayEnd)
    {
        var count = _stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        Position += count;
        if (count == bytes.Length) return true;
        return count == 0 && mayEnd ? false : Fail("its end, in the middle of something");
    }

    private bool Fail(string what)
    {
        Damage = $"At byte {Position}: {what}.";
        return false;
    }

    private static uint Read32(ReadOnlySpan<byte> bytes, bool isBigEndian) =>
        isBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
}
