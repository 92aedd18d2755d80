using CsCheck;
using Demilune.Contracts.Nodes;
using Demilune.Linux.Bpf;
using Demilune.Node.Names;
using Demilune.Node.Splice;
using Demilune.Node.Splice.Compile;
using Demilune.Node.Tests.Splice.Compile;

namespace Demilune.Node.Tests.Splice.Turning;

/// <summary>
/// From one state to any other: after each single write to the kernel's tables, every packet is judged by all of the former state or by all of the new one,
/// and from the first that is judged by the new one on, all are.
/// </summary>
public sealed class TurningTests
{
    private static readonly BpfObjectSpec Object = BpfObjectSpec.Parse(ReadObject());
    private static readonly Dictionary<string, int> Interfaces = new() { ["p0"] = 10, ["p1"] = 11, ["in0"] = 20, ["out0"] = 21, ["in1"] = 22, ["out1"] = 23 };

    private static readonly Gen<Probe> GenProbe = Gen.Select(
        Gen.OneOf(0u, 10u, 11u), Gen.OneOf(ArbitraryState.Addresses), Gen.OneOf("10.0.0.1", "10.0.0.2", "fd00::1", "fd00::2"), Gen.OneOf(ArbitraryState.Addresses), Gen.OneOf((byte)6, (byte)17), Gen.UShort[0, 8],
        (sender, anybody, pod, destination, protocol, service) => new Probe(sender, sender == 0 ? anybody : pod, destination, protocol, service))
        .Where(probe => probe.Source.Contains(':') == probe.Destination.Contains(':'));

    /// <summary>As the compiler's, and: ports come and go and take each other's addresses, speak of names, and chains have other instances.</summary>
    private static readonly Gen<NodeState> GenState = Gen.Select(
        ArbitraryState.GenState, Gen.Int[0, 3], Gen.Bool.Array[4], Gen.Int[0, 2].Array[3],
        (state, ports, speaks, instances) =>
        {
            state = state.Clone();
            if ((ports & 1) != 0)
            {
                var (first, second) = (state.Ports[0].Addresses.ToArray(), state.Ports[1].Addresses.ToArray());
                state.Ports[0].Addresses.Clear();
                state.Ports[0].Addresses.AddRange(second);
                state.Ports[1].Addresses.Clear();
                state.Ports[1].Addresses.AddRange(first);
            }
            if ((ports & 2) != 0) state.Ports.RemoveAt(1);
            foreach (var (group, number) in state.SecurityGroups.Select((group, number) => (group, number)))
                if (speaks[number])
                    foreach (var family in new[] { 4u, 6u })
                        group.Rules.Add(new SecurityGroupRule
                        {
                            Id = "named", Ethertype = family, RemoteDomainName = speaks[number + 2] ? "*.example.com" : "api.example.com", PortMin = 1, PortMax = 4,
                            Direction = SecurityGroupRule.Types.Direction.Egress,
                        });
            for (var chain = 0; chain < 3; chain++)
            {
                PortChain one = new() { Id = $"chain {chain + 1}", Firewall = "default" };
                for (var pair = 0; pair < 2; pair++)
                    if (instances[chain] != pair) one.PortPairs.Add(new PortPair { Id = $"pair {pair}", Ingress = $"in{pair}", Egress = $"out{pair}" });
                state.Chains.Add(one);
            }
            return state;
        });

    private static readonly LearntName[] Told =
    [
        new("p0", "api.example.com", Address("192.0.2.1"), ulong.MaxValue), new("p0", "www.example.com", Address("10.0.1.1"), ulong.MaxValue),
        new("p1", "api.example.com", Address("2001:db8::1"), ulong.MaxValue),
    ];

    [Fact]
    public void Every_packet_is_judged_by_all_of_the_former_state_or_by_all_of_the_new_one() => Gen.Select(GenState, GenState, GenProbe.Array[12]).Sample((from, to, probes) =>
    {
        var kernel = new Kernel();
        var tables = kernel.Open();
        tables.Apply(Compile(from));
        tables.Settle();
        var (former, generation) = (kernel.Verdicts(probes), kernel.Model.Generation);
        List<string> seen = [], late = [];
        kernel.Changed = () =>
        {
            seen.Add(kernel.Verdicts(probes));
            // Whoever began before goes on by the former state, until the tables know that he is through.
            if (!kernel.ReadersAreThrough) late.Add(kernel.Verdicts(probes, generation));
        };
        kernel.ReadersAreThrough = false;
        tables.Apply(Compile(to));
        seen.Add(kernel.Verdicts(probes));
        late.Add(kernel.Verdicts(probes, generation));
        kernel.ReadersAreThrough = true;
        tables.Settle();
        var next = kernel.Verdicts(probes);
        Assert.Equal(Fresh(to, probes), next);
        Assert.All(seen.SkipWhile(verdicts => verdicts == former), verdicts => Assert.Equal(next, verdicts));
        Assert.All(late, verdicts => Assert.Equal(former, verdicts));
    }, iter: 120);

    [Fact]
    public void A_change_that_fails_anywhere_leaves_the_former_state_in_force_and_the_next_one_goes_on_from_there() =>
        Gen.Select(GenState, GenState, GenProbe.Array[12], Gen.Int[0, 60], Gen.Bool).Sample((from, to, probes, fails, restarts) =>
        {
            var kernel = new Kernel();
            var tables = kernel.Open();
            tables.Apply(Compile(from));
            var former = kernel.Verdicts(probes);
            kernel.Changed = () =>
            {
                if (fails-- == 0) throw new IOException("the table is full");
            };
            try
            {
                tables.Apply(Compile(to));
            }
            catch (IOException)
            {
                Assert.Equal(former, kernel.Verdicts(probes) is var verdicts && verdicts == Fresh(to, probes) ? former : verdicts);
            }
            kernel.Changed = null;
            if (restarts) tables = kernel.Open();
            tables.Apply(Compile(to));
            Assert.Equal(Fresh(to, probes), kernel.Verdicts(probes));
            tables.Settle();
            Assert.Equal(Fresh(to, probes), kernel.Verdicts(probes));
        }, iter: 120);

    private static SplicePlan Compile(NodeState state) => SpliceCompiler.Compile(state, Interfaces, Told);

    private static string Fresh(NodeState state, Probe[] probes)
    {
        var kernel = new Kernel();
        kernel.Open().Apply(Compile(state));
        return kernel.Verdicts(probes);
    }

    private static Prefix Address(string text) => Prefix.TryParse(text, out var address) ? address : throw new FormatException(text);

    private static byte[] ReadObject()
    {
        using var stream = typeof(KernelSplice).Assembly.GetManifestResourceStream("splice.bpf.o")!;
        using MemoryStream bytes = new();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }

    private sealed class Kernel
    {
        private readonly Dictionary<string, MapInMemory> _maps;

        public Kernel()
        {
            _maps = Object.Maps.Where(map => map.Type != BpfMapType.RingBuffer).ToDictionary(map => map.Name, map => new MapInMemory(map, () => Changed?.Invoke()));
            Model = new(name => _maps[name]);
        }

        public DatapathModel Model { get; }

        /// <summary>Before each write.</summary>
        public Action? Changed { get; set; }

        public bool ReadersAreThrough { get; set; } = true;

        public KernelTables Open() => new(name => _maps[name], () => SpinWait.SpinUntil(() => ReadersAreThrough));

        public string Verdicts(Probe[] probes, ulong? generation = null) => string.Join('\n', probes.Select(probe => Model.Judge(probe, generation ?? Model.Generation)));
    }
}
