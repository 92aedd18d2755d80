using Demilune.Wire.Ip;

namespace Demilune.Inspection.Reassembly;

/// <summary>
/// Puts datagrams together again. Each fragment but the one that completes its datagram is sent on at once; that one is judged with the whole.
/// Fragments that overlap are refused (RFC 5722 demands it for IPv6; honest stacks never send them).
/// </summary>
internal sealed class Defragmenter(InspectorOptions options, SegmentPool pool)
{
    /// <summary>A 64 KB datagram over the smallest IPv4 link with fragments that any stack makes (552 bytes).</summary>
    private const int MaxFragments = 128;

    private const int MaxDatagram = 65_535;

    private readonly Dictionary<Key, Datagram> _datagrams = [];
    private readonly Queue<(Key Key, long Started)> _byAge = new();
    private readonly Stack<Datagram> _spare = new();
    private long _held;

    private readonly record struct Key(UInt128 Source, UInt128 Destination, uint Id, byte Protocol, int Network);

    private sealed class Datagram
    {
        public byte[] Bytes = [];
        public readonly (int Start, int End)[] Parts = new (int, int)[MaxFragments];
        public int Count;
        public int Received;
        public int Length;
        public long Started;
        public bool IsRefused;
    }

    /// <summary>Takes a fragment.</summary>
    /// <param name="datagram">The whole payload if this completes it; valid until <see cref="Settle"/>, which has to follow.</param>
    public FragmentOutcome Add(in IpView ip, int network, long now, out ReadOnlySpan<byte> datagram)
    {
        datagram = default;
        // The protocol of IPv6 fragments is that of the first one only (RFC 8200 §4.5).
        var key = new Key(ip.Source.Value, ip.Destination.Value, ip.Id, ip.IsV6 ? (byte)0 : ip.Protocol, network);
        var (start, end) = (ip.FragmentOffset, ip.FragmentOffset + ip.Payload.Length);
        var isAligned = !ip.MoreFragments || ip.Payload.Length % 8 == 0;
        if (ip.Payload.IsEmpty || !isAligned || end > MaxDatagram) return FragmentOutcome.Refused;
        if (!_datagrams.TryGetValue(key, out var entry))
        {
            if (_held + SegmentPool.Cost(end) > options.MaxFragmentBytes) return FragmentOutcome.Refused;
            entry = _spare.TryPop(out var spare) ? spare : new();
            (entry.Count, entry.Received, entry.Length, entry.Started, entry.IsRefused) = (0, 0, -1, now, false);
            _datagrams.Add(key, entry);
            _byAge.Enqueue((key, now));
        }
        if (entry.IsRefused || !TryInsert(entry, start, end, ip))
        {
            entry.IsRefused = true;     // and stays so: the receiver may hold parts of it
            ReleaseBytes(entry);
            return FragmentOutcome.Refused;
        }
        if (entry.Received != entry.Length) return FragmentOutcome.Incomplete;
        datagram = entry.Bytes.AsSpan(0, entry.Length);
        return FragmentOutcome.Complete;
    }

    /// <summary>What became of a completed datagram.</summary>
    /// <param name="isForwarded">False: its last fragment was dropped, and none that would complete it at the receiver may follow.</param>
    public void Settle(in IpView ip, int network, bool isForwarded)
    {
        var key = new Key(ip.Source.Value, ip.Destination.Value, ip.Id, ip.IsV6 ? (byte)0 : ip.Protocol, network);
        if (!_datagrams.TryGetValue(key, out var entry)) return;
        ReleaseBytes(entry);
        if (!isForwarded)
        {
            entry.IsRefused = true;
            return;
        }
        _datagrams.Remove(key);
        _spare.Push(entry);
    }

    public void Tick(long now)
    {
        while (_byAge.TryPeek(out var oldest) && now - oldest.Started > options.FragmentTimeout.Ticks * 100)
        {
            _byAge.Dequeue();
            if (!_datagrams.TryGetValue(oldest.Key, out var entry) || entry.Started != oldest.Started) continue;
            ReleaseBytes(entry);
            _datagrams.Remove(oldest.Key);
            _spare.Push(entry);
        }
    }

    private bool TryInsert(Datagram entry, int start, int end, in IpView ip)
    {
        if (entry.Count == MaxFragments) return false;
        if (!ip.MoreFragments)
        {
            if (entry.Length >= 0 && entry.Length != end) return false;
            entry.Length = end;
        }
        if (entry.Length >= 0 && end > entry.Length) return false;
        foreach (var part in entry.Parts.AsSpan(0, entry.Count))
        {
            if (start < part.End && part.Start < end) return false;
            if (entry.Length >= 0 && part.End > entry.Length) return false;
        }
        if (entry.Bytes.Length < end && !TryGrow(entry, end)) return false;
        ip.Payload.CopyTo(entry.Bytes.AsSpan(start));
        entry.Parts[entry.Count++] = (start, end);
        entry.Received += end - start;
        return true;
    }

    private bool TryGrow(Datagram entry, int end)
    {
        if (_held + SegmentPool.Cost(end) - entry.Bytes.Length > options.MaxFragmentBytes) return false;
        var larger = pool.Rent(end);
        entry.Bytes.CopyTo(larger, 0);
        ReleaseBytes(entry);
        _held += larger.Length;
        entry.Bytes = larger;
        return true;
    }

    private void ReleaseBytes(Datagram entry)
    {
        if (entry.Bytes.Length == 0) return;
        _held -= entry.Bytes.Length;
        pool.Return(entry.Bytes);
        entry.Bytes = [];
    }
}

/// <summary>What a fragment is.</summary>
internal enum FragmentOutcome : byte
{
    /// <summary>Others are missing.</summary>
    Incomplete,

    /// <summary>The last one that was missing.</summary>
    Complete,

    /// <summary>It, and all of its datagram that may follow, must not arrive.</summary>
    Refused,
}
