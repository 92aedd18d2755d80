using System.Buffers.Binary;
using Demilune.Wire.Dns;

namespace Demilune.Node.Names;

/// <summary>Connections by which name servers answer, the side of the server only.</summary>
internal sealed class AnswerStreams
{
    /// <summary>Of one pod; a message's buffer has up to 64 KB. Resolvers open one or two; of more, the one silent for longest is forgotten.</summary>
    public const int MaxPerPod = 8;

    private readonly Dictionary<int, List<Stream>> _pods = [];

    public readonly record struct Key(int Pod, uint Ports, UInt128 Server, UInt128 Client);

    /// <param name="Key">Which connection.</param>
    internal sealed record Stream(Key Key)
    {
        /// <summary>Sequence number of the next byte to be read.</summary>
        public uint Next { get; set; }

        public DnsStreamReader Reader { get; } = new();
    }

    public static Key KeyOf(in HeldFrame frame) => new(
        frame.Pod, BinaryPrimitives.ReadUInt32BigEndian(frame.Transport), Number(frame.Addresses[..(frame.Addresses.Length / 2)]), Number(frame.Addresses[(frame.Addresses.Length / 2)..]));

    public void Begin(Key key, uint next)
    {
        End(key);
        if (!_pods.TryGetValue(key.Pod, out var streams)) _pods[key.Pod] = streams = [];
        if (streams.Count >= MaxPerPod) streams.RemoveAt(0);
        streams.Add(new Stream(key) { Next = next });
    }

    public Stream? Find(Key key)
    {
        if (!_pods.TryGetValue(key.Pod, out var streams) || streams.FindIndex(stream => stream.Key == key) is var at && at < 0) return null;
        var found = streams[at];
        if (at == streams.Count - 1) return found;
        streams.RemoveAt(at);       // the first in the list is the one silent for longest
        streams.Add(found);
        return found;
    }

    public void End(Key key)
    {
        if (_pods.TryGetValue(key.Pod, out var streams) && streams.RemoveAll(stream => stream.Key == key) > 0 && streams.Count == 0) _pods.Remove(key.Pod);
    }

    private static UInt128 Number(ReadOnlySpan<byte> address) =>
        address.Length == 4 ? BinaryPrimitives.ReadUInt32BigEndian(address) : BinaryPrimitives.ReadUInt128BigEndian(address);
}
