using Demilune.Contracts.Nodes;
using Google.Protobuf;

namespace Demilune.Node.ControllerLink;

/// <summary>The last state the controller sent, so that a restarted agent enforces before it has reached anybody.</summary>
internal static class LastState
{
    /// <returns>Null if there is none, or it is torn or of another version.</returns>
    public static NodeState? Load(string file)
    {
        try
        {
            return File.Exists(file) ? NodeState.Parser.ParseFrom(File.ReadAllBytes(file)) : null;
        }
        catch (InvalidProtocolBufferException)
        {
            return null;    // the controller will send it again; until then nothing new is let through
        }
    }

    public static void Save(string file, NodeState state)
    {
        using (var stream = File.Create(file + ".new")) state.WriteTo(stream);
        File.Move(file + ".new", file, overwrite: true);
    }
}
