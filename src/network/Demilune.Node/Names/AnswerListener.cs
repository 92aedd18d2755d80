using System.ComponentModel;
using Demilune.Linux.PacketIo;
using Microsoft.Extensions.Logging;

namespace Demilune.Node.Names;

/// <summary>
/// The thread that answers of name servers pass on their way to pods whose policies speak of names. It tells the kernel that it listens, again
/// and again, between two frames: when it is gone or stuck the kernel lets answers pass by it, and nothing is learnt from them.
/// </summary>
internal sealed class AnswerListener : IDisposable
{
    /// <summary>A thread that was not scheduled for so long does not listen. Resolvers ask again after 5 s.</summary>
    private static readonly TimeSpan Promise = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Renewal = Promise / 4, ForgetInterval = TimeSpan.FromSeconds(10);

    /// <summary>Bytes that may wait: some thousand answers.</summary>
    private const int BufferBytes = 4 << 20;

    private readonly Agent _agent;
    private readonly ILogger _log;
    private readonly TimeProvider _time;
    private readonly PacketSocket _socket;
    private readonly Thread _thread;
    private readonly AnswerReader _reader = new();
    private readonly List<NameAnswer> _answers = [];
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _stopping;

    private AnswerListener(Agent agent, PacketSocket socket, TimeProvider time, ILogger log)
    {
        (_agent, _socket, _time, _log) = (agent, socket, time, log);
        _thread = new Thread(Run) { IsBackground = true, Name = "names" };
        _thread.Start();
    }

    /// <summary>Opens the place where answers wait, in the network namespace of the calling thread, and begins.</summary>
    /// <returns>Null: the agent's datapath has none.</returns>
    /// <exception cref="IOException">The interface could not be made.</exception>
    public static AnswerListener? Start(Agent agent, TimeProvider time, ILogger log)
    {
        if (agent.OpenListener() is not { } name) return null;
        try
        {
            return new(agent, PacketSocket.Open(name, BufferBytes), time, log);
        }
        catch (Win32Exception error)
        {
            throw new IOException(error.Message, error);
        }
    }

    /// <summary>Completes when the thread has ended; faulted if it should not have.</summary>
    public Task Ended => _ended.Task;

    public void Dispose()
    {
        _stopping = true;
        _thread.Join();
        _socket.Dispose();
    }

    private void Run()
    {
        try
        {
            using var batch = new ReceiveBatch(_socket, count: 8, frameBytes: 128 << 10);
            using var queue = new TransmitQueue(_socket);
            var (renewed, forgot) = (0L, _time.GetTimestamp());
            while (!_stopping)
            {
                if (renewed == 0 || _time.GetElapsedTime(renewed) >= Renewal)
                {
                    _agent.Listen(Promise);
                    renewed = _time.GetTimestamp();
                }
                if (_time.GetElapsedTime(forgot) >= ForgetInterval)
                {
                    _agent.ForgetExpiredNames();
                    forgot = _time.GetTimestamp();
                }
                if (batch.Fill() == 0)
                {
                    PacketWait.On(_socket, Renewal.Ticks * 100);
                    continue;
                }
                for (var i = 0; i < batch.Count; i++) Take(batch[i], queue);
                queue.Flush();
            }
            _agent.Listen(TimeSpan.Zero);
            _ended.SetResult();
        }
        catch (Exception error)     // told to whoever runs the agent, which ends by it
        {
            _ended.SetException(error);
        }
    }

    private void Take(in ReceivedFrame received, TransmitQueue queue)
    {
        if (received.IsTruncated) return;
        if (!HeldFrame.TryView(received.Bytes, out var frame))
        {
            queue.Forward(received);
            return;
        }
        _answers.Clear();
        var fate = _reader.Read(frame, received.Bytes, received.SegmentSize, _answers, out var replacement);
        foreach (var answer in _answers) Learn(frame.Pod, answer);
        if (fate == HeldFate.PassOn) queue.Forward(received);
        else if (replacement is not null) queue.TrySend(replacement);
    }

    // The pod gets its answer even where it may not use it: names are policy's matter, resolving them is not.
    private void Learn(int pod, NameAnswer answer)
    {
        try
        {
            var closed = _agent.Learn(pod, answer);
            if (closed > 0) _log.NotLearnt(answer.Name, closed, "the pod knows too many addresses by name, or too much is said of one");
        }
        catch (IOException error)
        {
            _log.NotLearnt(answer.Name, answer.Addresses.Count, error.Message);
        }
    }
}
