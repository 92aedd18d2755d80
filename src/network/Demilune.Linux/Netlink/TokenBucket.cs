using System.Runtime.InteropServices;

namespace Demilune.Linux.Netlink;

/// <summary>A queue that lets out so much a second (tc-tbf): what comes too fast waits, and super-frames are cut where they are larger than the burst.</summary>
/// <param name="BytesPerSecond">Of frames with their Ethernet headers.</param>
/// <param name="BurstBytes">What may leave at once after a silence; at least one frame of the interface's MTU.</param>
/// <param name="QueueBytes">What may wait; what comes beyond is dropped.</param>
public readonly record struct TokenBucket(ulong BytesPerSecond, uint BurstBytes, uint QueueBytes)
{
    private const ushort Kind = 1, Options = 2, Parameters = 1, Rate64 = 4, Burst = 6;
    private const byte Ethernet = 1;

    internal const uint Root = 0xffffffff;

    internal NetlinkMessage Describe(NetlinkMessage message) => message.Attribute(Kind, "tbf").Nested(Options, Write);

    private void Write(NetlinkMessage options)
    {
        TbfOptions parameters = new() { Rate = new() { LinkLayer = Ethernet, BytesPerSecond = (uint)Math.Min(BytesPerSecond, uint.MaxValue) }, Limit = QueueBytes };
        options.Attribute(Parameters, MemoryMarshal.AsBytes(new ReadOnlySpan<TbfOptions>(in parameters))).Attribute(Burst, BurstBytes);
        if (BytesPerSecond <= uint.MaxValue) return;
        var rate = BytesPerSecond;
        options.Attribute(Rate64, MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in rate)));
    }

    /// <summary>struct tcmsg.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct TrafficControl
    {
        public byte Family, Pad1;
        public ushort Pad2;
        public int Index;
        public uint Handle, Parent, Info;
    }

    /// <summary>struct tc_ratespec. With a link layer given, no table of times is needed.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct RateSpecification
    {
        public byte CellLog, LinkLayer;
        public ushort Overhead;
        public short CellAlign;
        public ushort LeastUnit;
        public uint BytesPerSecond;
    }

    /// <summary>struct tc_tbf_qopt.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct TbfOptions
    {
        public RateSpecification Rate, PeakRate;
        public uint Limit, Buffer, Mtu;
    }
}
