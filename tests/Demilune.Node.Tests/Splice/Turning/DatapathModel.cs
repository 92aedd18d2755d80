using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Demilune.Node.Splice.Compile;
using Demilune.Node.Splice.Maps;

namespace Demilune.Node.Tests.Splice.Turning;

/// <summary>What a packet may ask of the datapath: the first of a flow between two addresses.</summary>
/// <param name="Interface">Of the port that sends it; 0: it comes from elsewhere.</param>
internal readonly record struct Probe(uint Interface, string Source, string Destination, byte Protocol, ushort Service);

/// <summary>The judgement of bpf/policy.h and the choice of bpf/splice.h, over tables in memory and byte by byte as they lie there.</summary>
internal sealed class DatapathModel(Func<string, MapInMemory> maps)
{
    private const uint Network = 1;

    public ulong Generation => Read<ConfigRow>("config", 0u) is { } row ? row.Generation : 0;

    /// <param name="generation">Read when the packet's program began.</param>
    public string Judge(Probe probe, ulong generation)
    {
        var (source, destination) = (Owner(probe.Source, generation), Owner(probe.Destination, generation));
        if (probe.Interface != 0 && (source is not { } sender || sender.Interface != probe.Interface)) return "spoofed";
        var acceptor = destination?.Interface ?? 0;
        if (probe.Interface != 0 && probe.Interface == acceptor) return "itself";
        var (sourceIdentity, destinationIdentity) = (Identify(source, probe.Source, generation), Identify(destination, probe.Destination, generation));
        var (opener, accepting) = (Port(probe.Interface, generation), Port(acceptor, generation));
        if (opener is { } learner && (learner.Flags & PortRow.Learns) != 0) destinationIdentity = Learnt(probe, generation) ?? destinationIdentity;
        if (probe.Interface != 0 && (opener is not { } from || (from.Flags & PortRow.Up) == 0 || !Permits(from, 1, destinationIdentity, probe))) return "no egress";
        if (acceptor != 0 && (accepting is not { } to || (to.Flags & PortRow.Up) == 0 || !Permits(to, 0, sourceIdentity, probe))) return "no ingress";
        var judged = accepting is { } inwards ? Judges(inwards.Classes, 0, sourceIdentity, probe) : null;
        judged ??= opener is { } outwards ? Judges(outwards.Classes, 1, destinationIdentity, probe) : null;
        if (judged is not { } found) return $"to {acceptor}";
        var chain = Versioned<ChainRow>("chains", found.Chain, generation) ?? default;
        var pairs = string.Join(',', Enumerable.Range(0, (int)chain.Count).Select(i => chain.Pairs[i]).Where(pair => Read<PairRow>("pairs", pair) is not null));
        return $"to {acceptor} by {found.Tag} on {found.OnFailure} through {pairs}";
    }

    private AddressRow? Owner(string address, ulong generation) => Versioned<AddressRow>("addresses", new AddressKey { Network = Network, Address = Parsed(address).ToAddress() }, generation);

    private ulong Identify(AddressRow? owner, string address, ulong generation)
    {
        if (owner is { } known) return known.Identity;
        for (var length = 128; length >= 0; length--)
            if (Versioned<ulong>("prefixes", new PrefixKey { Length = (uint)(32 + length), Network = Network, Address = Parsed(address).Shortened(length).ToAddress() }, generation) is { } identity)
                return identity;
        return 0;
    }

    private PortRow? Port(uint index, ulong generation) =>
        index != 0 && Versioned<PortRow>("ports", index, generation) is { } port && (port.Flags & PortRow.Exists) != 0 ? port : null;

    private ulong? Learnt(Probe probe, ulong generation) =>
        Versioned<LearntRow>("learnt", new LearntKey { Interface = probe.Interface, Address = Parsed(probe.Destination).ToAddress() }, generation) is { Identity: not 0 } told ? told.Identity : null;

    private bool Permits(PortRow port, byte direction, ulong identity, Probe probe)
    {
        if ((port.Flags & PortRow.Security) == 0) return true;
        foreach (var page in Pages<RulesPage>("rules", port.Policy, direction, identity, probe, page => page.More))
            for (var i = 0; i < page.Count; i++)
                if (probe.Protocol >= page.Rules[i].ProtocolMin && probe.Protocol <= page.Rules[i].ProtocolMax && probe.Service >= page.Rules[i].PortMin && probe.Service <= page.Rules[i].PortMax)
                    return true;
        return false;
    }

    private ClassRow? Judges(ulong classes, byte direction, ulong identity, Probe probe)
    {
        if (classes == 0) return null;
        foreach (var page in Pages<ClassesPage>("classes", classes, direction, identity, probe, page => page.More))
            for (var i = 0; i < page.Count; i++)
                if ((page.Classes[i].Protocol == 0 || page.Classes[i].Protocol == probe.Protocol) && probe.Service >= page.Classes[i].PortMin && probe.Service <= page.Classes[i].PortMax)
                    return page.Classes[i];
        return null;
    }

    private IEnumerable<T> Pages<T>(string table, ulong subject, byte direction, ulong identity, Probe probe, Func<T, byte> more) where T : unmanaged
    {
        RulesKey key = new() { Subject = subject, Identity = identity, Direction = direction, Family = probe.Destination.Contains(':') ? (byte)6 : (byte)4 };
        if (Read<T>(table, key) is null) key.Identity = 0;
        for (; Read<T>(table, key) is { } page; key.Page++)
        {
            yield return page;
            if (more(page) == 0) yield break;
        }
    }

    private T? Read<T>(string table, object key) where T : unmanaged => maps(table).Find(BytesOf(key)) is { } row ? MemoryMarshal.Read<T>(row) : null;

    private T? Versioned<T>(string table, object key, ulong generation) where T : unmanaged
    {
        if (maps(table).Find(BytesOf(key)) is not { } row) return null;
        var version = MemoryMarshal.Read<ulong>(row) == generation ? 0 : 1;
        return MemoryMarshal.Read<T>(row.AsSpan(sizeof(ulong) + version * Unsafe.SizeOf<T>()));
    }

    private static byte[] BytesOf(object key) => key switch
    {
        uint number => Bytes.Of(number).Value,
        ulong number => Bytes.Of(number).Value,
        AddressKey address => Bytes.Of(address).Value,
        PrefixKey prefix => Bytes.Of(prefix).Value,
        LearntKey learnt => Bytes.Of(learnt).Value,
        RulesKey rules => Bytes.Of(rules).Value,
        _ => throw new ArgumentException($"{key} is no key"),
    };

    private static Prefix Parsed(string address) => Prefix.TryParse(address, out var prefix) ? prefix : throw new FormatException(address);
}
