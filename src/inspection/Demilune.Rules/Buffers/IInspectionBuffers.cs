namespace Demilune.Rules.Buffers;

/// <summary>Where signatures find their buffers. Implemented by whoever owns the packet, the stream or the transaction.</summary>
public interface IInspectionBuffers
{
    /// <summary>Finds one buffer.</summary>
    /// <param name="id">Which.</param>
    /// <param name="instance">Zero-based; more than one only where <see cref="BufferInfo.IsMultiple"/> (each header line, each certificate).</param>
    /// <param name="view">What is known of it now. The span must stay valid until the evaluation ends.</param>
    /// <returns>False: there is none (yet), and nothing can match in it, not even a negation.</returns>
    bool TryGet(BufferId id, int instance, out BufferView view);
}
