namespace Demilune.Local.Node;

/// <summary>The machine would not do what a pod needs; the message goes into the pod's events and status as it is.</summary>
/// <param name="reason">The machine-readable word of the container's waiting state, as kubelet spells it.</param>
internal sealed class NodeException(string message, string reason = "CreateContainerError", Exception? inner = null) : Exception(message, inner)
{
    public string Reason { get; } = reason;
}
