using System.Buffers.Binary;

namespace Demilune.Wire.Captures;

/// <summary>What a capture says about where its frames were taken.</summary>
/// <param name="Link">LINKTYPE_ number.</param>
/// <param name="NanosPerTick">0: a tick is shorter than a nanosecond, or a power of two of a second; see <paramref name="TicksPerSecond"/>.</param>
/// <param name="TicksPerSecond">0 if <paramref name="NanosPerTick"/> says it.</param>
internal readonly record struct CaptureInterface(int Link, long NanosPerTick, ulong TicksPerSecond)
{
    private const ushort ResolutionOption = 9;

    public long ToNanoseconds(ulong ticks)
    {
        if (TicksPerSecond == 0) return unchecked((long)ticks * NanosPerTick);
        return unchecked((long)(ticks / TicksPerSecond * 1_000_000_000 + (ulong)((UInt128)(ticks % TicksPerSecond) * 1_000_000_000 / TicksPerSecond)));
    }

    /// <summary>From the body of an interface description block.</summary>
    public static CaptureInterface Read(ReadOnlySpan<byte> body, bool isBigEndian)
    {
        var link = Read16(body, isBigEndian);
        var options = body[8..];
        while (options.Length >= 4)
        {
            var (code, length) = (Read16(options, isBigEndian), Read16(options[2..], isBigEndian));
            if (code == 0 || options.Length < 4 + length) break;
            if (code == ResolutionOption && length == 1) return WithResolution(link, options[4]);
            options = options[Math.Min(options.Length, 4 + (length + 3 & ~3))..];
        }
        return new(link, 1000, 0);
    }

    private static CaptureInterface WithResolution(int link, byte resolution)
    {
        var exponent = resolution & 0x7f;
        if ((resolution & 0x80) != 0) return new(link, 0, 1UL << Math.Min(exponent, 63));
        var ticks = 1UL;
        for (var i = 0; i < Math.Min(exponent, 19); i++) ticks *= 10;
        return new(link, 0, ticks);
    }

    private static ushort Read16(ReadOnlySpan<byte> bytes, bool isBigEndian) =>
        isBigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : BinaryPrimitives.ReadUInt16LittleEndian(bytes);
}
