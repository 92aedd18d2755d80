using System.Text;
using Demilune.Local.Pods;

namespace Demilune.Local.Node.Logs;

/// <summary>Reads a container's log files the way <c>kubectl logs</c> asks for it.</summary>
internal static class ContainerLog
{
    /// <summary>Longer than this without a newline is cut: the reader's memory is ours.</summary>
    private const int MaxRecord = 1 << 20;

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);

    /// <summary>Writes what the request asks for; with Follow until <paramref name="ended"/> says that no more will come.</summary>
    /// <param name="log">The current file; its predecessor is beside it as <c>.1</c>.</param>
    public static async Task CopyAsync(string log, LogRequest request, Stream target, Func<bool> ended, CancellationToken cancellation)
    {
        var writer = new LimitedWriter(target, request.LimitBytes ?? long.MaxValue);
        var skip = request.TailLines is { } tail ? Math.Max(0, await CountAsync(log, request.Since, cancellation) - tail) : 0;
        var rotated = log + ".1";
        if (File.Exists(rotated))
        {
            await using var old = Open(rotated);
            var earlier = new RecordReader(old);
            skip = await DrainAsync(earlier, request, writer, skip, cancellation);
        }
        if (!File.Exists(log)) return;
        var stream = Open(log);
        try
        {
            var reader = new RecordReader(stream);
            while (true)
            {
                var last = ended();         // asked before reading: what was written until then is still read
                skip = await DrainAsync(reader, request, writer, skip, cancellation);
                await target.FlushAsync(cancellation);
                if (!request.Follow || last || writer.IsFull) return;
                if (Rotated(stream, log))
                {
                    await DrainAsync(reader, request, writer, skip, cancellation);
                    await stream.DisposeAsync();
                    stream = Open(log);
                    reader = new RecordReader(stream);
                    continue;
                }
                await Task.Delay(Poll, cancellation);
            }
        }
        finally
        {
            await stream.DisposeAsync();
        }
    }

    /// <summary>The last lines of a log as text, for a termination message; null when there is none.</summary>
    public static string? Tail(string log, int lines, int maxCharacters)
    {
        if (!File.Exists(log)) return null;
        using var stream = Open(log);
        var start = Math.Max(0, stream.Length - (64 << 10));
        stream.Position = start;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var records = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var text = new StringBuilder();
        foreach (var record in records.Skip(start > 0 ? 1 : 0).TakeLast(lines))
            if (LogLine.TryParse(Encoding.UTF8.GetBytes(record), out var line)) text.Append(Encoding.UTF8.GetString(line.Text)).Append('\n');
        var all = text.ToString();
        return all is "" ? null : all.Length > maxCharacters ? all[^maxCharacters..] : all;
    }

    private static async Task<long> CountAsync(string log, DateTimeOffset? since, CancellationToken cancellation)
    {
        var count = 0L;
        foreach (var file in (string[])[log + ".1", log])
        {
            if (!File.Exists(file)) continue;
            await using var stream = Open(file);
            var reader = new RecordReader(stream);
            while (await reader.ReadAsync(cancellation) is { } record)
                if (LogLine.TryParse(record.Span, out var line) && line.Complete && (since is null || line.Time >= since)) count++;
        }
        return count;
    }

    /// <returns>How many lines are still to be skipped.</returns>
    private static async Task<long> DrainAsync(RecordReader reader, LogRequest request, LimitedWriter writer, long skip, CancellationToken cancellation)
    {
        while (!writer.IsFull && await reader.ReadAsync(cancellation) is { } record)
        {
            if (!LogLine.TryParse(record.Span, out var line) || line.Time < request.Since) continue;
            if (skip > 0)
            {
                if (line.Complete) skip--;
                continue;
            }
            await writer.WriteAsync(Text(line, request.Timestamps && writer.AtLineStart), line.Complete, cancellation);
        }
        return skip;
    }

    private static byte[] Text(LogLine line, bool stamp) =>
        [.. stamp ? line.Stamp : default, .. stamp ? " "u8 : default, .. line.Text, .. line.Complete ? "\n"u8 : default];

    private static FileStream Open(string file) => new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 64 << 10, useAsync: true);

    /// <summary>The name leads to another file now, shorter than what was read.</summary>
    private static bool Rotated(FileStream stream, string log) => File.Exists(log) && new FileInfo(log).Length < stream.Position;

    /// <summary>Splits a growing file into records; a record whose newline is not written yet waits for the next call.</summary>
    private sealed class RecordReader(Stream stream)
    {
        private byte[] _buffer = new byte[64 << 10];
        private int _start, _end;

        public async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(CancellationToken cancellation)
        {
            var searched = _start;
            while (true)
            {
                var newline = Array.IndexOf(_buffer, (byte)'\n', searched, _end - searched);
                if (newline >= 0)
                {
                    var record = _buffer.AsMemory(_start, newline - _start);
                    _start = newline + 1;
                    return record;
                }
                searched = _end;
                if (_end == _buffer.Length)
                {
                    if (_start > 0)
                    {
                        Buffer.BlockCopy(_buffer, _start, _buffer, 0, _end - _start);
                        (_start, _end) = (0, _end - _start);
                        searched = _end;
                    }
                    else if (_buffer.Length < MaxRecord) Array.Resize(ref _buffer, _buffer.Length * 2);
                    else searched = _start = _end = 0;      // no log of a runtime has such a line
                }
                var read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellation);
                if (read == 0) return null;
                _end += read;
            }
        }
    }

    private sealed class LimitedWriter(Stream target, long limit)
    {
        private long _left = limit;

        public bool IsFull => _left <= 0;
        public bool AtLineStart { get; private set; } = true;

        public async ValueTask WriteAsync(ReadOnlyMemory<byte> text, bool complete, CancellationToken cancellation)
        {
            var part = text.Length > _left ? text[..(int)_left] : text;
            _left -= part.Length;
            AtLineStart = complete;
            await target.WriteAsync(part, cancellation);
        }
    }
}
