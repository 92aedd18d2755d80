using System.Runtime.InteropServices;

namespace Demilune.Linux.Bpf;

/// <summary>The reading end of a BPF ring buffer. One reader at a time.</summary>
/// <remarks>
/// Memory as the kernel lays it out: a page with the consumer's position (ours to write), a page with the producer's, then the
/// data, mapped twice in a row so that a record that wraps can be read in one piece. A record is a length word (bit 31: being
/// written, bit 30: discarded), four bytes of the kernel's own, and the data, rounded up to eight.
/// </remarks>
public sealed unsafe partial class RingBuffer : IDisposable
{
    private const uint Busy = 1u << 31, Discarded = 1u << 30;
    private const int HeaderLength = 8, ReadWrite = 3, ReadOnly = 1, Shared = 1;

    private readonly byte* _consumer;
    private readonly byte* _producer;
    private readonly nuint _producerLength;
    private readonly ulong _mask;
    private bool _disposed;

    /// <exception cref="BpfException">The map is no ring buffer, or may not be mapped.</exception>
    public RingBuffer(BpfMap map)
    {
        var page = (nuint)Environment.SystemPageSize;
        _mask = map.Spec.MaxEntries - 1;
        _producerLength = page + 2 * (nuint)map.Spec.MaxEntries;
        _consumer = (byte*)Map(0, page, ReadWrite, Shared, map.Handle.Descriptor(), 0);
        if ((nint)_consumer == -1) throw BpfException.FromLastError($"map the consumer page of {map.Spec.Name}");
        _producer = (byte*)Map(0, _producerLength, ReadOnly, Shared, map.Handle.Descriptor(), (nint)page);
        if ((nint)_producer == -1)
        {
            var error = BpfException.FromLastError($"map {map.Spec.Name}");
            _ = Unmap((nint)_consumer, page);
            throw error;
        }
    }

    /// <summary>What to do with one record; its bytes are valid only during the call.</summary>
    public delegate void Reader<TState>(ReadOnlySpan<byte> record, TState state);

    /// <summary>Hands over the records that are ready, oldest first, at most <paramref name="limit"/>; never waits, never allocates.</summary>
    /// <returns>How many there were.</returns>
    public int Drain<TState>(Reader<TState> reader, TState state, int limit = int.MaxValue)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var data = _producer + Environment.SystemPageSize;
        var position = Volatile.Read(ref *(ulong*)_consumer);
        var count = 0;
        while (count < limit && position < Volatile.Read(ref *(ulong*)_producer))
        {
            var header = Volatile.Read(ref *(uint*)(data + (position & _mask)));
            if ((header & Busy) != 0) break;
            var length = header & ~(Busy | Discarded);
            if ((header & Discarded) == 0)
            {
                reader(new ReadOnlySpan<byte>(data + (position & _mask) + HeaderLength, (int)length), state);
                count++;
            }
            position += (length + HeaderLength + 7) & ~7ul;
            Volatile.Write(ref *(ulong*)_consumer, position);
        }
        return count;
    }

    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        _ = Unmap((nint)_consumer, (nuint)Environment.SystemPageSize);
        _ = Unmap((nint)_producer, _producerLength);
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int descriptor, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int Unmap(nint address, nuint length);
}
