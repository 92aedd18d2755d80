using System.Threading.Channels;

namespace Demilune.Local.Pods;

/// <summary>What the API server asks of the node for <c>kubectl logs</c>, <c>exec</c> and <c>attach</c>; the node role implements it in this process.</summary>
/// <remarks>Every method throws <see cref="PodRuntimeException"/> when the pod or container is not in a state to answer.</remarks>
public interface IPodRuntime
{
    /// <summary>Opens the log of a container. With <see cref="LogRequest.Follow"/> the stream ends when the container does.</summary>
    Task<Stream> OpenLogAsync(ContainerTarget target, LogRequest request, CancellationToken cancellation);

    /// <summary>Runs a command in a running container and returns its exit code. Cancelling kills the command.</summary>
    Task<int> ExecAsync(ContainerTarget target, IReadOnlyList<string> command, ProcessStreams streams, CancellationToken cancellation);

    /// <summary>Connects to the container's own process until it ends or the caller goes; returns the exit code, 0 when the caller went first.</summary>
    Task<int> AttachAsync(ContainerTarget target, ProcessStreams streams, CancellationToken cancellation);
}

/// <summary>One container of one pod. The UID guards against a pod of the same name that came later.</summary>
public sealed record ContainerTarget(string Namespace, string Pod, string PodUid, string Container);

/// <summary>Which part of a log. Null limits mean all of it.</summary>
/// <param name="Follow">Keep the stream open for lines to come.</param>
/// <param name="Previous">The log of the instance before the last restart.</param>
/// <param name="Timestamps">Each line starts with its RFC 3339 time and a space.</param>
/// <param name="TailLines">Only this many last lines.</param>
/// <param name="Since">Only lines written at or after this time.</param>
/// <param name="LimitBytes">The stream ends after this many bytes, perhaps inside a line.</param>
public sealed record LogRequest(
    bool Follow = false, bool Previous = false, bool Timestamps = false, long? TailLines = null, DateTimeOffset? Since = null, long? LimitBytes = null);

/// <summary>The caller's ends of a process. Null means the caller did not ask for that stream.</summary>
/// <param name="Stdin">Read until it ends; its end closes the process's standard input.</param>
/// <param name="Stderr">Null with a terminal: it has one output.</param>
/// <param name="Resizes">The caller's terminal size, first and whenever it changes; null without a terminal.</param>
public sealed record ProcessStreams(Stream? Stdin, Stream? Stdout, Stream? Stderr, bool Tty, ChannelReader<TerminalSize>? Resizes);

/// <summary>Columns and rows of a terminal.</summary>
public readonly record struct TerminalSize(ushort Width, ushort Height);

/// <summary>The node cannot do it now; the message is shown to the user of kubectl as it is.</summary>
public sealed class PodRuntimeException(string message, Exception? inner = null) : Exception(message, inner);
