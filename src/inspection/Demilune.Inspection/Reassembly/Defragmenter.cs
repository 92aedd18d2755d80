using System.Buffers.Binary;
using Demilune.Wire;
using Demilune.Wire.Decoding;
using Demilune.Wire.Ip;

namespace Demilune.Inspection.Reassembly;

/// <summary>
/// Puts datagrams together again, with the headers of their first fragment in front. Each fragment but the one that completes its datagram is sent on at
/// once; that one is judged with the whole. Fragments that overlap are refused where something is enforced (RFC 5722 demands it for IPv6; honest stacks
/// never send them); elsewhere the policy says whose bytes count.
/// </summary>
internal sealed class Defragmenter(InspectorOptions options, SegmentPool pool)
{
    /// <summary>A 64 KB datagram over the smallest IPv4 link with fragments that any stack makes (552 bytes).</summary>
    private const int MaxFragments = 128;

    private const int MaxDatagram = 65_535;

    /// <summary>Link header, IP header and the extension headers before the fragment's: more than that no honest stack sends.</summary>
    private const int MaxHeaders = 512;

    private readonly Dictionary<Key, Datagram> _datagrams = [];
    private readonly Queue<(Key Key, long Started)> _byAge = new();
    private readonly Stack<Datagram> _spare = new();
    private long _held;

    private readonly record struct Key(UInt128 Source, UInt128 Destination, uint Id, byte Protocol, int Network, int Nesting, ulong Vlans);

    private sealed class Datagram
    {
        /// <summary>Room for headers, then the payload.</summary>
        public byte[] Bytes = [];
        public readonly (int Start, int End)[] Parts = new (int, int)[MaxFragments];
        public int Count;

        /// <summary>Bytes of the payload that are there.</summary>
        public int Received;

        /// <summary>Of the payload; -1: the last fragment was not seen.</summary>
        public int Length;
        public int HeadersLength;
        public int IpOffset;
        public long Started;
        public bool IsRefused;
    }

    /// <summary>Takes a fragment.</summary>
    /// <param name="packet">The fragment; gets the events of what is odd about it.</param>
    /// <param name="network">The addresses belong to it.</param>
    /// <param name="nesting">Packets around it: the same numbers in a tunnel mean another datagram.</param>
    /// <param name="enforces">What is ambiguous must not arrive.</param>
    /// <param name="now">Nanoseconds.</param>
    /// <param name="whole">The datagram with link and IP header if this completes it; valid until <see cref="Settle"/>, which has to follow.</param>
    /// <param name="ipOffset">Where the IP header begins in it.</param>
    public FragmentOutcome Add(scoped ref DecodedPacket packet, int network, int nesting, bool enforces, long now, out ReadOnlySpan<byte> whole, out int ipOffset)
    {
        whole = default;
        ipOffset = 0;
        var ip = packet.Ip;
        var key = KeyOf(ref packet, network, nesting);
        var (start, end) = (ip.FragmentOffset, ip.FragmentOffset + ip.Payload.Length);
        var isAligned = !ip.MoreFragments || ip.Payload.Length % 8 == 0;
        if (end > MaxDatagram - (ip.IsV6 ? 0 : ip.HeaderLength))
        {
            packet.Note(ip.IsV6 ? DecodeEvent.Ipv6FragPacketTooLarge : DecodeEvent.Ipv4FragPacketTooLarge);
            return FragmentOutcome.Refused;
        }
        if (ip.Payload.IsEmpty) return FragmentOutcome.Refused;
        if (enforces && !isAligned) return Ignore(ref packet);
        if (!_datagrams.TryGetValue(key, out var entry))
        {
            if (_held + SegmentPool.Cost(MaxHeaders + end) > options.MaxFragmentBytes) return Ignore(ref packet);
            entry = _spare.TryPop(out var spare) ? spare : new();
            (entry.Count, entry.Received, entry.Length, entry.HeadersLength, entry.Started, entry.IsRefused) = (0, 0, -1, 0, now, false);
            _datagrams.Add(key, entry);
            _byAge.Enqueue((key, now));
        }
        if (entry.IsRefused) return FragmentOutcome.Refused;
        if (!TryInsert(entry, start, end, ref packet, enforces))
        {
            entry.IsRefused = true;     // and stays so: the receiver may hold parts of it
            ReleaseBytes(entry);
            return FragmentOutcome.Refused;
        }
        if (entry.Received != entry.Length || entry.HeadersLength == 0) return FragmentOutcome.Incomplete;
        var datagram = entry.Bytes.AsSpan(MaxHeaders - entry.HeadersLength, entry.HeadersLength + entry.Length);
        ipOffset = entry.IpOffset;
        Seal(datagram[ipOffset..]);
        whole = datagram;
        return FragmentOutcome.Complete;
    }

    /// <summary>What became of a completed datagram.</summary>
    /// <param name="packet">The fragment that completed it.</param>
    /// <param name="network">As it was added.</param>
    /// <param name="nesting">As it was added.</param>
    /// <param name="isForwarded">False: its last fragment was dropped, and none that would complete it at the receiver may follow.</param>
    public void Settle(scoped ref DecodedPacket packet, int network, int nesting, bool isForwarded)
    {
        var key = KeyOf(ref packet, network, nesting);
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

    /// <summary>The protocol of IPv6 fragments is that of the first one only (RFC 8200 §4.5).</summary>
    private Key KeyOf(scoped ref DecodedPacket packet, int network, int nesting) => new(
        packet.Ip.Source.Value, packet.Ip.Destination.Value, packet.Ip.Id, packet.Ip.IsV6 ? (byte)0 : packet.Ip.Protocol, network, nesting,
        options.SeparateVlans ? packet.Vlans.Key : 0);

    private static FragmentOutcome Ignore(scoped ref DecodedPacket packet)
    {
        packet.Note(packet.Ip.IsV6 ? DecodeEvent.Ipv6FragIgnored : DecodeEvent.Ipv4FragIgnored);
        return FragmentOutcome.Refused;
    }

    private bool TryInsert(Datagram entry, int start, int end, scoped ref DecodedPacket packet, bool enforces)
    {
        var ip = packet.Ip;
        if (entry.Count == MaxFragments) return Ignore(ref packet) == FragmentOutcome.Incomplete;
        var (overlaps, hidden) = (false, false);
        var gained = end - start;
        foreach (var part in entry.Parts.AsSpan(0, entry.Count))
        {
            if (start >= part.End || part.Start >= end) continue;
            overlaps = true;
            hidden |= part.Start <= start && part.End >= end && !options.FragmentPolicy.IsNewerTaken(start, end, part.Start, part.End);
        }
        if (overlaps)
        {
            packet.Note(ip.IsV6 ? DecodeEvent.Ipv6FragOverlap : DecodeEvent.Ipv4FragOverlap);
            if (enforces) return false;
            if (hidden) return true;
            gained = CountMissing(entry, start, end);
        }
        if (!ip.MoreFragments)
        {
            if (enforces && entry.Length >= 0 && entry.Length != end) return false;
            entry.Length = end;
        }
        if (entry.Length >= 0 && (end > entry.Length || HasPartPast(entry, entry.Length)))
        {
            if (enforces) return false;
            entry.Length = Math.Max(end, entry.Length);
        }
        if (entry.Bytes.Length < MaxHeaders + end && !TryGrow(entry, MaxHeaders + end)) return Ignore(ref packet) == FragmentOutcome.Incomplete;
        if (overlaps) CopyAround(entry, start, end, ip.Payload);
        else ip.Payload.CopyTo(entry.Bytes.AsSpan(MaxHeaders + start));
        entry.Parts[entry.Count++] = (start, end);
        entry.Received += gained;
        return start != 0 || entry.HeadersLength != 0 || TryKeepHeaders(entry, ref packet);
    }

    private static bool HasPartPast(Datagram entry, int length)
    {
        foreach (var part in entry.Parts.AsSpan(0, entry.Count))
            if (part.End > length) return true;
        return false;
    }

    private static int CountMissing(Datagram entry, int start, int end)
    {
        var missing = 0;
        for (var at = start; at < end;)
        {
            var (covered, next) = (at, end);
            foreach (var part in entry.Parts.AsSpan(0, entry.Count))
            {
                if (part.Start <= at && part.End > covered) covered = part.End;
                if (part.Start > at && part.Start < next) next = part.Start;
            }
            if (covered > at)
            {
                at = covered;
                continue;
            }
            missing += next - at;
            at = next;
        }
        return missing;
    }

    /// <summary>Bytes of parts that the policy prefers stay as they are.</summary>
    private void CopyAround(Datagram entry, int start, int end, ReadOnlySpan<byte> payload)
    {
        for (var at = start; at < end;)
        {
            var (kept, next) = (at, end);
            foreach (var part in entry.Parts.AsSpan(0, entry.Count))
            {
                if (start >= part.End || part.Start >= end || options.FragmentPolicy.IsNewerTaken(start, end, part.Start, part.End)) continue;
                if (part.Start <= at && part.End > kept) kept = part.End;
                if (part.Start > at && part.Start < next) next = part.Start;
            }
            if (kept > at)
            {
                at = kept;
                continue;
            }
            payload[(at - start)..(next - start)].CopyTo(entry.Bytes.AsSpan(MaxHeaders + at));
            at = next;
        }
    }

    /// <summary>Puts the first fragment's headers before the payload, as if it had never been cut.</summary>
    private static bool TryKeepHeaders(Datagram entry, scoped ref DecodedPacket packet)
    {
        var ip = packet.Ip;
        var length = packet.IpOffset + (ip.IsV6 ? ip.FragmentHeaderOffset : ip.HeaderLength);
        if (length > MaxHeaders) return Ignore(ref packet) == FragmentOutcome.Incomplete;
        (entry.HeadersLength, entry.IpOffset) = (length, packet.IpOffset);
        var headers = entry.Bytes.AsSpan(MaxHeaders - length, length);
        packet.Bytes[..length].CopyTo(headers);
        if (ip.IsV6) IpView.SetNextHeader(headers[packet.IpOffset..], ip.Protocol);
        return true;
    }

    /// <summary>Lengths and checksum of a datagram that is whole.</summary>
    private static void Seal(Span<byte> packet)
    {
        if (packet[0] >> 4 == 6)
        {
            BinaryPrimitives.WriteUInt16BigEndian(packet[4..], (ushort)(packet.Length - 40));
            return;
        }
        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], (ushort)packet.Length);
        packet[6..8].Clear();
        packet[10..12].Clear();
        BinaryPrimitives.WriteUInt16BigEndian(packet[10..], InternetChecksum.Of(packet[..((packet[0] & 0xf) * 4)]));
    }

    private bool TryGrow(Datagram entry, int size)
    {
        if (_held + SegmentPool.Cost(size) - entry.Bytes.Length > options.MaxFragmentBytes) return false;
        var larger = pool.Rent(size);
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
