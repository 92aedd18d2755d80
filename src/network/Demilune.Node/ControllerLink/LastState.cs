using System.Buffers.Binary;
using Demilune.Contracts.Nodes;
using Google.Protobuf;

namespace Demilune.Node.ControllerLink;

/// <summary>
/// The last state the controller sent, so that a restarted agent enforces before it has reached anybody: a file of one state and what came after, each
/// behind its length. Single owner, not thread-safe.
/// </summary>
internal sealed class LastState(string file)
{
    /// <summary>Changes are written behind the state until they are as long as it is: so a change costs what it is long, and the file stays within twice the state.</summary>
    private const long LeastChanges = 64 << 10;

    private long _state, _changes;

    /// <summary>Of what is in the file.</summary>
    private ulong _revision;

    /// <returns>Null if there is none, or it is torn or of another version. What is behind a torn change is left out.</returns>
    public static NodeState? Load(string file)
    {
        if (!File.Exists(file)) return null;
        NodeState? state = null;
        try
        {
            using var reader = new BinaryReader(File.OpenRead(file));
            while (Next(reader) is { } message)
                state = state is null ? NodeState.Parser.ParseFrom(message) : NodeChanges.Apply(state, NodeChange.Parser.ParseFrom(message));
            return state;
        }
        catch (Exception error) when (error is InvalidProtocolBufferException or ArgumentException)
        {
            return state;    // the controller will send it again; until then nothing new is let through
        }
    }

    public void Save(NodeState state)
    {
        using (var stream = File.Create(file + ".new"))
        {
            Write(stream, state);
            (_state, _changes, _revision) = (stream.Length, 0, state.Revision);
        }
        File.Move(file + ".new", file, overwrite: true);
    }

    /// <param name="change">What made it of the one before.</param>
    /// <param name="state">As the agent has it now.</param>
    public void Append(NodeChange change, NodeState state)
    {
        // One that the kernel refused is not in the file, and nothing can build on it.
        if (_state == 0 || change.Base != _revision || _changes > Math.Max(_state, LeastChanges))
        {
            Save(state);
            return;
        }
        // The combinations are the agent's own, and kept with what it was sent.
        var kept = change.Clone();
        (kept.Put ??= new()).Combinations.AddRange(state.Combinations);
        using var stream = new FileStream(file, FileMode.Append);
        var before = stream.Length;
        Write(stream, kept);
        (_changes, _revision) = (_changes + stream.Length - before, state.Revision);
    }

    /// <returns>Null: the file ends here, or in the middle of the next.</returns>
    private static byte[]? Next(BinaryReader reader)
    {
        var left = reader.BaseStream.Length - reader.BaseStream.Position - sizeof(int);
        if (left < 0) return null;
        var length = reader.ReadInt32();
        return length < 0 || length > left ? null : reader.ReadBytes(length);
    }

    // In one write: what is in the file of a message is all of it, or it is torn.
    private static void Write(FileStream stream, IMessage message)
    {
        var bytes = new byte[sizeof(int) + message.CalculateSize()];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, bytes.Length - sizeof(int));
        message.WriteTo(bytes.AsSpan(sizeof(int)));
        stream.Write(bytes);
        stream.Flush();
    }
}
