using System.Buffers.Binary;
using Demilune.Wire.Dns;

namespace Demilune.Node.Names;

/// <summary>What becomes of a held frame.</summary>
internal enum HeldFate
{
    PassOn,
    Drop,

    /// <summary>Another goes in its place.</summary>
    Replace,
}

/// <summary>Frames from name servers → what they answer. Pure, but for what it remembers of connections; belongs to one thread.</summary>
/// <remarks>
/// A pod must get no answer that was not read. So over TCP it gets segments in order only: one that comes before its time is dropped, and comes
/// again. And an answer in fragments becomes one that says "truncated" (RFC 2181 §9), so that the pod asks again over TCP.
/// </remarks>
internal sealed class AnswerReader
{
    private const int UdpHeader = 8, TcpHeader = 20;
    private const byte Fin = 1, Syn = 2, Reset = 4;

    private readonly DnsMessage _message = new();
    private readonly AnswerStreams _streams = new();

    /// <param name="segmentSize">Payload bytes of each datagram of a super-frame; 0: it is one frame.</param>
    /// <param name="answers">What is in it is added.</param>
    /// <param name="replacement">With <see cref="HeldFate.Replace"/>: a whole frame.</param>
    public HeldFate Read(in HeldFrame frame, ReadOnlySpan<byte> bytes, int segmentSize, List<NameAnswer> answers, out byte[]? replacement)
    {
        replacement = null;
        if (frame.IsFragment)
        {
            if (frame.FragmentOffset == 0 && frame.Protocol == HeldFrame.Udp) replacement = TruncatedAnswer.Of(frame, bytes);
            return replacement is null ? HeldFate.Drop : HeldFate.Replace;
        }
        return frame.Protocol switch
        {
            HeldFrame.Udp when frame.Transport.Length >= UdpHeader => ReadDatagrams(frame.Transport[UdpHeader..], segmentSize, answers),
            HeldFrame.Tcp when frame.Transport.Length >= TcpHeader => ReadSegment(frame, answers),
            _ => HeldFate.PassOn,
        };
    }

    private HeldFate ReadDatagrams(ReadOnlySpan<byte> payload, int segmentSize, List<NameAnswer> answers)
    {
        while (!payload.IsEmpty)
        {
            var one = segmentSize > 0 ? payload[..Math.Min(segmentSize, payload.Length)] : payload;
            Take(one, answers);
            payload = payload[one.Length..];
        }
        return HeldFate.PassOn;
    }

    private HeldFate ReadSegment(in HeldFrame frame, List<NameAnswer> answers)
    {
        var tcp = frame.Transport;
        var (sequence, header, flags) = (BinaryPrimitives.ReadUInt32BigEndian(tcp[4..]), (tcp[12] >> 4) * 4, tcp[13]);
        if (header < TcpHeader || header > tcp.Length) return HeldFate.Drop;
        var key = AnswerStreams.KeyOf(frame);
        if ((flags & Syn) != 0)
        {
            _streams.Begin(key, sequence + 1);
            return HeldFate.PassOn;
        }
        var data = tcp[header..];
        // Of a connection that began before us nothing can be learnt; it is not ours to break.
        if (_streams.Find(key) is not { } stream) return HeldFate.PassOn;
        if (!data.IsEmpty)
        {
            var early = unchecked((int)(sequence - stream.Next));
            if (early > 0) return HeldFate.Drop;
            if (-(long)early < data.Length)
            {
                var fresh = data[-early..];
                stream.Next += (uint)fresh.Length;
                while (stream.Reader.TryRead(ref fresh, out var message)) Take(message, answers);
            }
        }
        if ((flags & (Fin | Reset)) != 0) _streams.End(key);
        return HeldFate.PassOn;
    }

    // Of a broken message, what was read of it may still be what the pod takes it for.
    private void Take(ReadOnlySpan<byte> message, List<NameAnswer> answers)
    {
        _message.TryRead(message);
        if (message.Length >= DnsMessage.HeaderLength && NameAnswer.From(_message) is { } answer) answers.Add(answer);
    }
}
