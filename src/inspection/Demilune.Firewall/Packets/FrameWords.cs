using System.Buffers.Binary;
using Demilune.Contracts.Frames;

namespace Demilune.Firewall.Packets;

/// <summary>What the splice wrote into the Ethernet addresses of a data frame: which flow this is, and in which network.</summary>
/// <param name="FlowId">Never 0.</param>
/// <param name="Network">Whose addresses these are.</param>
/// <param name="Epoch">Low 16 bits.</param>
internal readonly record struct FrameWords(uint FlowId, ushort Network, ushort Epoch)
{
    private const int EthernetHeader = 14;

    /// <returns>False if this is no frame of the splice: somebody else's, or a control frame.</returns>
    public static bool TryRead(ReadOnlySpan<byte> frame, out FrameWords words)
    {
        words = default;
        if (frame.Length < EthernetHeader
            || BinaryPrimitives.ReadUInt16BigEndian(frame) != SpliceFrame.AddressPrefix
            || BinaryPrimitives.ReadUInt16BigEndian(frame[6..]) != SpliceFrame.AddressPrefix
            || BinaryPrimitives.ReadUInt16BigEndian(frame[12..]) == SpliceFrame.ControlEtherType) return false;
        words = new(
            BinaryPrimitives.ReadUInt32BigEndian(frame[2..]),
            BinaryPrimitives.ReadUInt16BigEndian(frame[8..]),
            BinaryPrimitives.ReadUInt16BigEndian(frame[10..]));
        return words.FlowId != 0;
    }
}
