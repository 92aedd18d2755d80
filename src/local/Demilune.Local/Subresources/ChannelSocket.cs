using System.Buffers;
using System.IO.Pipelines;
using System.Net.WebSockets;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Demilune.Local.Pods;

namespace Demilune.Local.Subresources;

/// <summary>The streams of a process over one WebSocket: each message begins with the number of its channel (v4 and v5.channel.k8s.io).</summary>
internal sealed class ChannelSocket : IAsyncDisposable
{
    private const byte Stdin = 0, Stdout = 1, Stderr = 2, Error = 3, Resize = 4, Close = 255;

    /// <summary>Largest message taken: kubectl sends 32 KiB at a time.</summary>
    private const int MaxMessage = 1 << 20;

    /// <summary>How long the other side may take to say goodbye.</summary>
    public static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(2);

    private readonly WebSocket _socket;
    private readonly Pipe _stdin = new(new PipeOptions(pauseWriterThreshold: 256 << 10, resumeWriterThreshold: 128 << 10));
    private readonly Channel<TerminalSize> _resizes = Channel.CreateBounded<TerminalSize>(new BoundedChannelOptions(16) { FullMode = BoundedChannelFullMode.DropOldest });
    private readonly SemaphoreSlim _sending = new(1);
    private volatile bool _finished;

    public ChannelSocket(WebSocket socket, bool stdin, bool stdout, bool stderr, bool tty)
    {
        _socket = socket;
        Streams = new ProcessStreams(stdin ? _stdin.Reader.AsStream() : null, stdout ? new Output(this, Stdout) : null, stderr ? new Output(this, Stderr) : null, tty, tty ? _resizes.Reader : null);
    }

    public ProcessStreams Streams { get; }

    /// <summary>Takes messages until the caller closes or leaves; then cancels <paramref name="ending"/>.</summary>
    public async Task ReceiveAsync(CancellationTokenSource ending)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(64 << 10);
        using var message = new MemoryStream();
        try
        {
            while (!ending.IsCancellationRequested)
            {
                var received = await _socket.ReceiveAsync(buffer.AsMemory(), ending.Token);
                if (received.MessageType is WebSocketMessageType.Close) return;
                message.Write(buffer, 0, received.Count);
                if (message.Length > MaxMessage) return;
                if (!received.EndOfMessage) continue;
                await TakeAsync(message.GetBuffer().AsMemory(0, (int)message.Length), ending.Token);
                message.SetLength(0);
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException)
        {
            // The caller is gone, or everything is over.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            await _stdin.Writer.CompleteAsync();
            _resizes.Writer.TryComplete();
            if (!ending.IsCancellationRequested) await ending.CancelAsync();
        }
    }

    /// <summary>Tells how it ended on the error channel, and says goodbye.</summary>
    /// <param name="exitCode">Null: it did not even start, for the reason in <paramref name="failure"/>.</param>
    public async Task FinishAsync(int? exitCode, string? failure)
    {
        // Input for a process that is gone must not hold up the goodbye behind it.
        _finished = true;
        _stdin.Writer.CancelPendingFlush();
        var status = new JsonObject { ["metadata"] = new JsonObject(), ["status"] = exitCode is 0 ? "Success" : "Failure" };
        if (exitCode is > 0 or < 0)
        {
            status["message"] = $"command terminated with non-zero exit code: exit code {exitCode}";
            status["reason"] = "NonZeroExitCode";
            status["details"] = new JsonObject { ["causes"] = new JsonArray(new JsonObject { ["reason"] = "ExitCode", ["message"] = $"{exitCode}" }) };
        }
        else if (exitCode is null)
        {
            status["message"] = failure;
            status["reason"] = "InternalError";
            status["code"] = 500;
        }
        try
        {
            await SendAsync(Error, JsonText.Bytes(status), CancellationToken.None);
            using var timeout = new CancellationTokenSource(CloseTimeout);
            await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", timeout.Token);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException)
        {
            // The caller left first.
        }
    }

    public ValueTask DisposeAsync()
    {
        _sending.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task TakeAsync(ReadOnlyMemory<byte> message, CancellationToken cancellation)
    {
        if (message.IsEmpty) return;
        var content = message[1..];
        switch (message.Span[0])
        {
            case Stdin when _finished:
                break;
            case Stdin:
                await _stdin.Writer.WriteAsync(content, cancellation);
                break;
            case Resize when TryReadSize(content.Span, out var size):
                _resizes.Writer.TryWrite(size);
                break;
            case Close when content.Length > 0 && content.Span[0] is Stdin:
                await _stdin.Writer.CompleteAsync();    // v5: the end of input, which v4 could not say
                break;
        }
    }

    private static bool TryReadSize(ReadOnlySpan<byte> json, out TerminalSize size)
    {
        size = default;
        try
        {
            var node = JsonNode.Parse(json);
            var (width, height) = (node.Number("Width") ?? 0, node.Number("Height") ?? 0);
            size = new TerminalSize((ushort)Math.Clamp(width, 0, ushort.MaxValue), (ushort)Math.Clamp(height, 0, ushort.MaxValue));
            return width > 0 && height > 0;
        }
        catch (System.Text.Json.JsonException)
        {
            return false;
        }
    }

    private async Task SendAsync(byte channel, ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        var message = ArrayPool<byte>.Shared.Rent(bytes.Length + 1);
        await _sending.WaitAsync(cancellation);
        try
        {
            message[0] = channel;
            bytes.CopyTo(message.AsMemory(1));
            await _socket.SendAsync(message.AsMemory(0, bytes.Length + 1), WebSocketMessageType.Binary, endOfMessage: true, cancellation);
        }
        finally
        {
            _sending.Release();
            ArrayPool<byte>.Shared.Return(message);
        }
    }

    /// <summary>One output of the process, as a stream the runtime writes to.</summary>
    private sealed class Output(ChannelSocket owner, byte channel) : Stream
    {
        public override bool CanRead => false;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (buffer.IsEmpty) return;
            try
            {
                await owner.SendAsync(channel, buffer, cancellationToken);
            }
            catch (WebSocketException e)
            {
                throw new IOException("the caller of exec is gone", e);
            }
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
        public override void Write(byte[] buffer, int offset, int count) => WriteAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();
        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;
        public override void Flush() { }
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
