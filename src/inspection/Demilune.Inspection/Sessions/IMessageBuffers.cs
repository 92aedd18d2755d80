using Demilune.Rules.Buffers;

namespace Demilune.Inspection.Sessions;

/// <summary>The buffers of the message that one direction of a connection is busy with.</summary>
internal interface IMessageBuffers
{
    /// <param name="id">Which buffer.</param>
    /// <param name="instance">Zero-based, of buffers that there are several of.</param>
    /// <param name="piece">The piece of its body at hand; empty if it has none.</param>
    /// <param name="view">What is known of it.</param>
    /// <returns>False: there is none.</returns>
    bool TryGet(BufferId id, int instance, ReadOnlySpan<byte> piece, out BufferView view);
}
