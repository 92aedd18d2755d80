using System.Buffers.Binary;
using Demilune.Contracts.Frames;

namespace Demilune.Firewall.Packets;

/// <summary>Writes the frames by which the engine speaks to the splice. Each is <see cref="SpliceFrame.ControlLength"/> bytes.</summary>
internal static class ControlFrame
{
    private const int Body = 14;

    /// <summary>The packet thread is alive.</summary>
    /// <param name="frame">Written over.</param>
    /// <param name="instance">Which run of the engine this is: another one knows none of the flows of the one before.</param>
    public static void WriteHeartbeat(Span<byte> frame, uint instance) =>
        Write(frame, ControlType.Heartbeat, FlowVerdict.None, new(instance, Network: 0, Epoch: 0));

    /// <summary>Comes back from the splice as a heartbeat, through an engine that sends none of its own.</summary>
    /// <param name="frame">Written over.</param>
    /// <param name="instance">Which run of that engine this is.</param>
    public static void WriteProbe(Span<byte> frame, uint instance) =>
        Write(frame, ControlType.Probe, FlowVerdict.None, new(instance, Network: 0, Epoch: 0));

    /// <summary>What is settled about a whole flow.</summary>
    public static void WriteVerdict(Span<byte> frame, FlowVerdict verdict, FrameWords flow) => Write(frame, ControlType.Verdict, verdict, flow);

    private static void Write(Span<byte> frame, ControlType type, FlowVerdict verdict, FrameWords flow)
    {
        frame = frame[..SpliceFrame.ControlLength];
        frame.Clear();
        // The addresses mean nothing, but a bridge in between (a test's) has to pass them on: locally administered, unicast.
        BinaryPrimitives.WriteUInt16BigEndian(frame, SpliceFrame.AddressPrefix);
        BinaryPrimitives.WriteUInt16BigEndian(frame[6..], SpliceFrame.AddressPrefix);
        BinaryPrimitives.WriteUInt16BigEndian(frame[12..], SpliceFrame.ControlEtherType);
        frame[Body] = (byte)type;
        frame[Body + 1] = (byte)verdict;
        BinaryPrimitives.WriteUInt32BigEndian(frame[(Body + 4)..], flow.FlowId);
        BinaryPrimitives.WriteUInt16BigEndian(frame[(Body + 8)..], flow.Epoch);
    }
}
