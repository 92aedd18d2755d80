using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Demilune.Local.Node.Containers;
using Demilune.Local.Node.Lifecycle;
using Demilune.Local.Node.Logs;
using Demilune.Local.Pods;

namespace Demilune.Local.Node;

/// <summary><c>kubectl logs</c>, <c>exec</c> and <c>attach</c> on this node.</summary>
internal sealed class PodRuntime(NodePaths paths, OciRuntime runtime, NodeAgent agent) : IPodRuntime
{
    public Task<Stream> OpenLogAsync(ContainerTarget target, LogRequest request, CancellationToken cancellation)
    {
        var worker = Worker(target);
        var uid = worker.Pod.Metadata.Uid;
        var seen = worker.Seen.Of(target.Container);
        var attempt = request.Previous ? seen.Attempt - 1 : seen.Attempt;
        if (attempt is null or < 0 || !File.Exists(paths.Log(uid, target.Container, attempt.Value)))
            throw new PodRuntimeException(request.Previous
                ? $"previous terminated container \"{target.Container}\" in pod \"{target.Pod}\" not found"
                : $"container \"{target.Container}\" in pod \"{target.Pod}\" is waiting to start: {(seen.State as ContainerState.Waiting)?.Reason ?? "ContainerCreating"}");
        var pipe = new System.IO.Pipelines.Pipe();
        _ = CopyAsync();
        return Task.FromResult(pipe.Reader.AsStream());

        async Task CopyAsync()
        {
            try
            {
                await using var stream = pipe.Writer.AsStream(leaveOpen: true);
                await ContainerLog.CopyAsync(paths.Log(uid, target.Container, attempt.Value), request, stream, Ended, cancellation);
                await pipe.Writer.CompleteAsync();
            }
            catch (Exception error)
            {
                await pipe.Writer.CompleteAsync(error);     // the reader learns of it
            }
        }

        bool Ended() => worker.Seen.Of(target.Container) is var now && (now.Attempt != attempt || now.State is not ContainerState.Running);
    }

    public async Task<int> ExecAsync(ContainerTarget target, IReadOnlyList<string> command, ProcessStreams streams, CancellationToken cancellation)
    {
        var id = await RunningAsync(target, cancellation);
        var line = runtime.ExecCommand(id, command, streams.Tty);
        // script(1) brings the terminal: the runtime wants a real one, and takes its size from it.
        if (streams.Tty) line = ["script", "--quiet", "--return", "--flush", "--command", string.Join(' ', line.Select(Quote)), "/dev/null"];
        using var process = new Process { StartInfo = HostCommand.StartInfo(line[0], [.. line.Skip(1)]) };
        process.Start();
        using var done = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        try
        {
            var input = FeedAsync(streams.Stdin, process.StandardInput.BaseStream, streams.Tty, done.Token);
            var resizes = streams is { Tty: true, Resizes: { } sizes } ? ResizeAsync(process.Id, sizes, done.Token) : Task.CompletedTask;
            await Task.WhenAll(
                CopyAsync(process.StandardOutput.BaseStream, streams.Stdout, cancellation),
                CopyAsync(process.StandardError.BaseStream, streams.Stderr, cancellation));
            await process.WaitForExitAsync(cancellation);
            await done.CancelAsync();
            await Task.WhenAll(input, resizes);
            return process.ExitCode;
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }

    public async Task<int> AttachAsync(ContainerTarget target, ProcessStreams streams, CancellationToken cancellation)
    {
        // conmon: one packet per write, its first byte says which stream; what is sent to it is standard input.
        const byte StandardOutput = 2, StandardError = 3;
        const int PacketBytes = 8192 + 1;
        var id = await RunningAsync(target, cancellation);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(runtime.AttachSocket(id)), cancellation);
        using var done = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var input = streams.Stdin is { } stdin ? SendAsync() : Task.CompletedTask;
        var resizes = streams is { Tty: true, Resizes: { } sizes } ? ResizeContainerAsync(id, sizes, done.Token) : Task.CompletedTask;
        var buffer = new byte[PacketBytes];
        for (int read; (read = await socket.ReceiveAsync(buffer, cancellation)) > 0;)
        {
            var stream = buffer[0] switch { StandardOutput => streams.Stdout, StandardError => streams.Stderr, _ => null };
            if (stream is null) continue;
            await stream.WriteAsync(buffer.AsMemory(1, read - 1), cancellation);
            await stream.FlushAsync(cancellation);
        }
        await done.CancelAsync();
        await Task.WhenAll(input, resizes);
        return runtime.Exit(id)?.Code ?? 0;

        async Task SendAsync()
        {
            var bytes = new byte[PacketBytes - 1];
            try
            {
                for (int read; (read = await stdin.ReadAsync(bytes, done.Token)) > 0;) await socket.SendAsync(bytes.AsMemory(0, read), done.Token);
                socket.Shutdown(SocketShutdown.Send);
            }
            catch (Exception error) when (error is OperationCanceledException or IOException or SocketException)
            {
                // One side has gone; the other loop sees it too.
            }
        }
    }

    private PodWorker Worker(ContainerTarget target) => agent.Find(target.Namespace, target.Pod, target.PodUid) is { } worker &&
        PodOutcome.AllContainers(worker.Pod).Any(container => container.Name == target.Container)
            ? worker
            : throw new PodRuntimeException($"container {target.Container} of pod {target.Namespace}/{target.Pod} is not on this node");

    private async Task<string> RunningAsync(ContainerTarget target, CancellationToken cancellation)
    {
        var worker = Worker(target);
        await worker.FirstLook.WaitAsync(cancellation);
        return worker.Seen.Of(target.Container) is { State: ContainerState.Running, ContainerId: { } id }
            ? id
            : throw new PodRuntimeException($"container not found (\"{target.Container}\" is not running)");
    }

    private static async Task FeedAsync(Stream? from, Stream to, bool tty, CancellationToken cancellation)
    {
        try
        {
            if (from is not null) await CopyAsync(from, to, cancellation);
            else if (tty) await Task.Delay(Timeout.Infinite, cancellation);     // the end of input would hang up the terminal
        }
        catch (Exception error) when (error is OperationCanceledException or IOException)
        {
            // The process reads no more, or the caller is gone.
        }
        finally
        {
            await to.DisposeAsync();
        }
    }

    private static async Task CopyAsync(Stream from, Stream? to, CancellationToken cancellation)
    {
        var buffer = new byte[16 << 10];
        for (int read; (read = await from.ReadAsync(buffer, cancellation)) > 0;)
        {
            if (to is null) continue;
            await to.WriteAsync(buffer.AsMemory(0, read), cancellation);
            await to.FlushAsync(cancellation);      // a prompt has no newline
        }
    }

    private async Task ResizeContainerAsync(string id, System.Threading.Channels.ChannelReader<TerminalSize> sizes, CancellationToken cancellation)
    {
        try
        {
            await foreach (var size in sizes.ReadAllAsync(cancellation)) await runtime.ResizeAsync(id, new TerminalRow(size.Height, size.Width), cancellation);
        }
        catch (OperationCanceledException)
        {
            // The caller has gone.
        }
    }

    /// <summary>Changes the size of the terminal that script(1) made; the kernel tells the runtime, the runtime the process.</summary>
    private static async Task ResizeAsync(int script, System.Threading.Channels.ChannelReader<TerminalSize> sizes, CancellationToken cancellation)
    {
        try
        {
            await foreach (var size in sizes.ReadAllAsync(cancellation))
                if (await TerminalAsync(script, cancellation) is { } terminal)
                    await HostCommand.RunAsync(
                        "stty", ["-F", terminal, "rows", size.Height.ToString(CultureInfo.InvariantCulture), "cols", size.Width.ToString(CultureInfo.InvariantCulture)],
                        TimeSpan.FromSeconds(2), cancellation);
        }
        catch (OperationCanceledException)
        {
            // The command has ended.
        }
    }

    /// <summary>The terminal of script's child, once there is one.</summary>
    private static async Task<string?> TerminalAsync(int script, CancellationToken cancellation)
    {
        for (var tries = 0; tries < 40; tries++)
        {
            try
            {
                var child = File.ReadAllText($"/proc/{script}/task/{script}/children").Trim().Split(' ')[0];
                if (child is not "" && new FileInfo($"/proc/{child}/fd/0").LinkTarget is { } link && link.StartsWith("/dev/pts/", StringComparison.Ordinal)) return link;
            }
            catch (IOException)
            {
                return null;    // it is over
            }
            await Task.Delay(25, cancellation);
        }
        return null;
    }

    private static string Quote(string word) => "'" + word.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
}
