using System.Diagnostics;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Demilune.Contracts.Frames;
using Demilune.Linux.Bpf;
using Demilune.Node.Splice;
using Demilune.Node.Splice.Maps;

namespace Demilune.Node.Tests.Splice;

/// <summary>The C and the C# side of the splice say the same.</summary>
public sealed class AbiTests
{
    private static readonly BpfObjectSpec Object = BpfObjectSpec.Parse(File.ReadAllBytes(Path.Combine(BpfFolder, "splice.bpf.o")));

    [Fact]
    public void Rows_have_the_sizes_that_the_object_defines()
    {
        (string Map, uint Key, uint Value)[] ours =
        [
            ("ports", 4, Versioned<PortRow>()), ("addresses", Size<AddressKey>(), Versioned<AddressRow>()), ("prefixes", Size<PrefixKey>(), Versioned<ulong>()),
            ("rules", Size<RulesKey>(), Size<RulesPage>()), ("classes", Size<RulesKey>(), Size<ClassesPage>()), ("chains", 8, Versioned<ChainRow>()),
            ("pairs", 8, Size<PairRow>()), ("pair_counters", 8, Size<PairCountersRow>()), ("config", 4, Size<ConfigRow>()),
            ("learnt", Size<LearntKey>(), Versioned<LearntRow>() + sizeof(ulong)), ("listener", 4, Size<ListenerRow>()),
            ("overlay", 4, Size<OverlayRow>()), ("remotes", Size<AddressKey>(), Size<RemoteRow>()), ("tunnelled", Size<PrefixKey>(), 4),
            ("routes", Size<PrefixKey>(), Size<RouteRow>()),
        ];
        foreach (var (map, key, value) in ours)
        {
            var spec = Object.Maps.Single(one => one.Name == map);
            Assert.Equal((map, key, value), (map, spec.KeySize, spec.ValueSize));
        }
        Assert.Equal((uint)Enum.GetValues<Counter>().Length, Object.Maps.Single(map => map.Name == "counters").MaxEntries);
    }

    [Fact]
    public void The_object_needs_no_linker()
    {
        // The parser refuses everything else by name; that there is something to refuse is tested in the Linux room.
        Assert.Equal(["from_agent", "from_firewall", "from_overlay", "from_pod", "to_overlay", "to_pod"], Object.Programs.Select(program => program.Name));
        Assert.Equal("GPL", Object.License);
    }

    [Fact]
    public void Every_field_lies_where_the_c_side_has_it()
    {
        var clang = Clang();
        Assert.SkipWhen(clang is null, "no clang on this machine: the sizes are compared, the offsets are not");
        (Type Type, string Name, (string Ours, string Theirs)[] Fields)[] structs =
        [
            (typeof(PortRow), "port", [("Policy", "policy"), ("Classes", "classes"), ("Pair", "pair"), ("Network", "network"), ("Kind", "kind"), ("Flags", "flags"), ("Mac", "mac"), ("RouterIpv4", "router")]),
            (typeof(AddressRow), "owner", [("Identity", "identity"), ("Interface", "ifindex"), ("Mac", "mac"), ("Flags", "flags")]),
            (typeof(AddressKey), "address_key", [("Network", "network"), ("Address", "address")]),
            (typeof(LearntKey), "learnt_key", [("Interface", "ifindex"), ("Address", "address")]),
            (typeof(LearntRow), "told", [("Identity", "identity"), ("Expires", "expires")]),
            (typeof(ListenerRow), "listener", [("Until", "until"), ("Interface", "ifindex")]),
            (typeof(OverlayRow), "overlay", [("Node", "node"), ("Interface", "ifindex"), ("On", "on")]),
            (typeof(PrefixKey), "prefix_key", [("Length", "length"), ("Network", "network"), ("Address", "address")]),
            (typeof(RulesKey), "rules_key", [("Subject", "subject"), ("Identity", "identity"), ("Direction", "direction"), ("Family", "family"), ("Page", "page")]),
            (typeof(RuleRow), "rule", [("ProtocolMin", "protocol_min"), ("ProtocolMax", "protocol_max"), ("PortMin", "port_min"), ("PortMax", "port_max")]),
            (typeof(RulesPage), "rules", [("Count", "count"), ("More", "more"), ("Rules", "rule")]),
            (typeof(ClassRow), "class", [("Chain", "chain"), ("Tag", "tag"), ("SourceMin", "source_min"), ("SourceMax", "source_max"), ("PortMin", "port_min"), ("PortMax", "port_max"), ("Protocol", "protocol"), ("OnFailure", "on_failure")]),
            (typeof(ConfigRow), "config", [("Generation", "generation")]),
            (typeof(ClassesPage), "classes", [("Count", "count"), ("More", "more"), ("Classes", "class")]),
            (typeof(ChainRow), "chain", [("Count", "count"), ("Pairs", "pair")]),
            (typeof(PairRow), "pair", [("LastIn", "last_in"), ("LastOut", "last_out"), ("Deadline", "deadline"), ("InInterface", "in_ifindex"), ("OutInterface", "out_ifindex"), ("Instance", "instance"), ("Incarnation", "incarnation"), ("Flags", "flags")]),
            (typeof(PairCountersRow), "pair_counters", [("ToIn", "to_in"), ("FromOut", "from_out"), ("ToOut", "to_out"), ("FromIn", "from_in"), ("DroppedClosed", "dropped_closed"), ("PassedOpen", "passed_open"), ("Flows", "flows"), ("Heartbeats", "heartbeats")]),
            (typeof(EventRow), "event", [("Time", "time"), ("Source", "source"), ("Destination", "destination"), ("SourcePort", "source_port"), ("DestinationPort", "destination_port"), ("Network", "network"), ("Tag", "tag"), ("Kind", "kind"), ("Verdict", "verdict"), ("Protocol", "protocol"), ("Reason", "reason"), ("PacketsToServer", "packets")]),
        ];
        StringBuilder source = new("#include \"maps.h\"\n#include \"frames.h\"\n#define AT(s, f, o) _Static_assert(__builtin_offsetof(struct s, f) == o, #s \".\" #f);\n");
        foreach (var (type, name, fields) in structs)
            foreach (var (ours, theirs) in fields)
                source.AppendLine(System.Globalization.CultureInfo.InvariantCulture, $"AT({name}, {theirs}, {Marshal.OffsetOf(type, ours)})");
        foreach (var (row, versions) in ((string, string)[])[("port_row", "version"), ("address_row", "version"), ("prefix_row", "identity"), ("chain_row", "version"), ("learnt_row", "version")])
            source.AppendLine(System.Globalization.CultureInfo.InvariantCulture, $"AT({row}, until, 0)\nAT({row}, {versions}, 8)");
        foreach (var counter in Enum.GetValues<Counter>())
            source.AppendLine(System.Globalization.CultureInfo.InvariantCulture,
                $"_Static_assert({string.Concat(counter.ToString().Select((c, i) => i > 0 && char.IsUpper(c) ? "_" + c : char.ToUpperInvariant(c).ToString()))} == {(int)counter}, \"{counter}\");");
        source.AppendLine(System.Globalization.CultureInfo.InvariantCulture, $"""
            _Static_assert(FRAME_ADDRESS_PREFIX == {SpliceFrame.AddressPrefix} && FRAME_CONTROL_ETHERTYPE == {SpliceFrame.ControlEtherType}
                && FRAME_CONTROL_LENGTH == {SpliceFrame.ControlLength}, "frames");
            _Static_assert(CONTROL_HEARTBEAT == {(int)ControlType.Heartbeat} && CONTROL_VERDICT == {(int)ControlType.Verdict}
                && VERDICT_BYPASS == {(int)FlowVerdict.Bypass} && VERDICT_DROP == {(int)FlowVerdict.Drop} && sizeof(struct control) == 10
                && sizeof(struct frame_words) == 12, "control");
            """);
        Assert.Equal("", Run(clang, ["-target", "bpf", "-fsyntax-only", $"-I/usr/include/{Machine}-linux-gnu", "-I", BpfFolder, "-x", "c", "-"], source.ToString()));
    }

    [Fact]
    public void The_object_is_what_its_source_compiles_to()
    {
        var clang = Clang();
        Assert.SkipWhen(clang is null, "no clang on this machine");
        var output = Path.Combine(Path.GetTempPath(), $"splice-{Guid.NewGuid():n}.o");
        try
        {
            Assert.Equal("", Run("bash", [Path.Combine(BpfFolder, "build.sh"), output], ""));
            var built = BpfObjectSpec.Parse(File.ReadAllBytes(output));
            Assert.Equal(Object.Maps, built.Maps);
            // Another clang may choose other instructions; the same one must choose the same.
            if (clang!.EndsWith("-14", StringComparison.Ordinal))
                foreach (var (ours, theirs) in Object.Programs.Zip(built.Programs)) Assert.True(ours.Instructions.Span.SequenceEqual(theirs.Instructions.Span), $"{ours.Name}: run bpf/build.sh");
        }
        finally
        {
            File.Delete(output);
        }
    }

    private static uint Size<T>() => (uint)Unsafe.SizeOf<T>();

    private static uint Versioned<T>() => sizeof(ulong) + 2 * Size<T>();

    private static string Machine => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "aarch64" : "x86_64";

    private static string BpfFolder
    {
        get
        {
            for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
                if (File.Exists(Path.Combine(directory.FullName, "bpf", "build.sh"))) return Path.Combine(directory.FullName, "bpf");
            throw new DirectoryNotFoundException("bpf/, in any directory above the tests");
        }
    }

    private static string? Clang() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .SelectMany(folder => new[] { Path.Combine(folder, "clang-14"), Path.Combine(folder, "clang") }).FirstOrDefault(File.Exists);

    private static string Run(string program, string[] arguments, string input)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardError = true })!;
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? "" : errors;
    }
}
