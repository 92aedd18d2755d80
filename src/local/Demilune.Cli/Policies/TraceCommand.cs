using System.CommandLine;
using System.Globalization;
using Demilune.Cli.Observe;
using Demilune.Cli.Policies.Cases;
using Demilune.Policy.Addresses;
using Demilune.Policy.Intents;
using Demilune.Policy.Model;
using k8s.Models;

namespace Demilune.Cli.Policies;

/// <summary><c>demilune trace A B --port 80 --http 'GET /x'</c>: what becomes of a connection, and why.</summary>
public static class TraceCommand
{
    private const int Denied = 1;

    public static Command Create()
    {
        var from = new Argument<string?>("from") { Description = "A pod as NAMESPACE/NAME, or an address.", Arity = ArgumentArity.ZeroOrOne };
        var to = new Argument<string?>("to") { Description = "Likewise; or a domain name (NAME, or NAME=ADDRESS), as if the pod had just looked it up.", Arity = ArgumentArity.ZeroOrOne };
        var port = new Option<int>("--port", "-p") { Description = "Of the destination.", DefaultValueFactory = _ => 80 };
        var pcap = new Option<FileInfo?>("--pcap") { Description = "Every connection of a capture, with what it carried: between FROM and TO if they are given, else between the pods that have its addresses." };
        var protocol = new Option<string>("--protocol") { Description = "tcp (default), udp or sctp.", DefaultValueFactory = _ => "tcp" };
        protocol.AcceptOnlyFromAmong("tcp", "udp", "sctp");
        var v6 = new Option<bool>("-6") { Description = "Over IPv6." };
        var http = new Option<string?>("--http") { Description = "A request to judge, for example 'GET /cart?id=1'." };
        var header = new Option<string[]>("--header", "-H") { Description = "A field of that request; may be given more than once." };
        var data = new Option<string?>("--data", "-d") { Description = "The body of that request." };
        var rules = new Option<DirectoryInfo?>("--rules-directory")
        {
            Description = "Where the files of rules that policies name as builtin are. Default: rules, if there is such a directory.", DefaultValueFactory = _ => Directory.Exists("rules") ? new("rules") : null,
        };
        var command = new Command("trace", "Says what becomes of a connection: which policies, which rules, whose judgement. Exit code 0: it passes; 1: it does not; 2: unanswered.")
        {
            from, to, port, protocol, v6, pcap, http, header, data, rules, PolicySource.Files, ControllerOptions.Kubeconfig,
        };
        command.SetAction(Answer.Of("trace", async (parsed, output, stop) =>
        {
            if (parsed.GetValue(port) is not (> 0 and <= ushort.MaxValue)) throw new InvalidDataException("--port is not between 1 and 65535");
            var objects = await PolicySource.ReadAsync(parsed, stop);
            if (parsed.GetValue(pcap) is { } file)
            {
                using var stream = file.OpenRead();
                return Trace(objects, TracedCapture.Read(stream), parsed.GetValue(from), parsed.GetValue(to), parsed.GetValue(rules)?.FullName, output);
            }
            if (parsed.GetValue(from) is null || parsed.GetValue(to) is null) throw new InvalidDataException("from where to where? demilune trace FROM TO, or --pcap FILE");
            var asked = new Expectation(
                Enum.Parse<Protocol>(parsed.GetValue(protocol)!, ignoreCase: true), (ushort)parsed.GetValue(port), Known(objects, parsed.GetValue(from)!), Known(objects, parsed.GetValue(to)!), Fate.Allowed, null, true, true);
            if (parsed.GetValue(http) is not null && asked.Protocol != Protocol.Tcp) throw new InvalidDataException($"--http goes over TCP, not {asked.Protocol.ToString().ToUpperInvariant()}");
            var request = parsed.GetValue(http) is { } line ? TracedRequest.Of(line, parsed.GetValue(header) ?? [], parsed.GetValue(data), parsed.GetValue(to)!.Split('=')[0]) : null;
            return Trace(objects, asked, parsed.GetValue(v6), request, parsed.GetValue(rules)?.FullName, output);
        }));
        return command;
    }

    /// <summary>Each connection of a capture. 0: all of them pass.</summary>
    internal static int Trace(ClusterObjects objects, TracedCapture capture, string? from, string? to, string? rulesDirectory, TextWriter output)
    {
        var passed = 0;
        foreach (var connection in capture.Connections)
        {
            var asked = new Expectation(connection.Protocol, connection.Port, from ?? NameOf(objects, connection.Client), to ?? NameOf(objects, connection.Server), Fate.Allowed, null, true, true);
            if (Trace(objects, asked, connection.Client.IsV6, connection.Traffic, rulesDirectory, output) == 0) passed++;
        }
        output.WriteLine($"{passed} of {capture.Connections.Count} connections pass{(capture.OfNone > 0 ? $"; {capture.OfNone} frames are of none" : "")}{(capture.Damage is { } damage ? $"; the capture is damaged: {damage}" : "")}");
        return passed == capture.Connections.Count ? 0 : Denied;
    }

    /// <summary>Policies see the pod behind an address, whichever of the two somebody says.</summary>
    private static string NameOf(ClusterObjects objects, Prefix address) => objects.PodAt(address) ?? address.ToString()[..address.ToString().IndexOf('/', StringComparison.Ordinal)];

    /// <exception cref="InvalidDataException">It looks like a pod, and there is none.</exception>
    private static string Known(ClusterObjects objects, string who)
    {
        if (Prefix.TryParse(who, out var address) && !who.Contains('/', StringComparison.Ordinal)) return NameOf(objects, address);
        if (objects.AddressOf(who, v6: false) is null && NamedAddress.TryParse(who, v6: false) is null) throw new InvalidDataException(PodNamed.WhyNot(objects, who));
        return who;
    }

    internal static int Trace(ClusterObjects objects, Expectation asked, bool v6, TracedTraffic? request, string? rulesDirectory, TextWriter output)
    {
        var cluster = objects.ToCluster();
        var intent = PolicyCompiler.Compile(cluster);
        var pods = cluster.Pods.ToDictionary(pod => pod.Name.ToString(), StringComparer.Ordinal);
        var attempt = CaseRun.AttemptOf(asked, v6, pods, objects, "trace") ?? throw new InvalidDataException($"the two have no {(v6 ? "IPv6" : "IPv4")} addresses; try {(v6 ? "without -6" : "-6")}");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{asked.From} ({attempt.SourceAddress}) → {asked.To} ({attempt.DestinationAddress}) {asked.Protocol.ToString().ToUpperInvariant()}/{asked.Port}"));
        if (attempt.DestinationName is { } host) output.WriteLine($"  assumed: {asked.From} was told by a name server that {host} is {attempt.DestinationAddress}, and that holds");
        if (attempt.Destination is null && new ServiceFronts(objects).Behind(attempt.DestinationAddress, attempt.Protocol, attempt.Port) is { Count: > 0 } behind)
        {
            output.WriteLine($"  {asked.To} is a Service's: behind it are {string.Join(", ", behind.Select(one => $"{one.Pod} port {one.Port}"))}, and each must be reachable");
            return behind.Select(one => Trace(objects, asked with { To = one.Pod, Port = one.Port }, v6, request, rulesDirectory, output)).ToList().Max();
        }
        var outcome = intent.Judge(attempt);
        var isItself = attempt.Source is not null && attempt.Source == attempt.Destination;
        output.WriteLine($"  egress of {asked.From}: {(outcome.Egress is { } leaves ? Wording.Of(leaves) : Unasked(objects, asked.From, isItself))}");
        output.WriteLine($"  ingress of {asked.To}: {(outcome.Ingress is { } enters ? Wording.Of(enters) : Unasked(objects, asked.To, isItself))}");
        if (!outcome.Allowed && IsOfOneNode(objects, asked.From, asked.To)) return End("passes: a node always reaches its own pods, and who has its network is the node", passes: true);
        if (!outcome.Allowed) return End($"dropped in the kernel of the node of {(outcome.Egress is { Allowed: false } ? asked.From : asked.To)}, its first packet already", passes: false);
        if (outcome.SecurityPolicies.Count + outcome.Shadows.Count == 0)
            return End(attempt.Source is null && attempt.Destination is null ? "passes: neither end is a pod, so no policy is asked" : "passes straight, nobody judges it", passes: true);
        output.WriteLine($"  path: through the firewall of the node of {(attempt.Destination is null ? asked.From : asked.To)}");
        var (passes, unread) = (true, false);
        // In the order in which they speak: what prevents, what fails closed, by name. What one denies is denied.
        var judges = outcome.SecurityPolicies.Select(name => (Name: name, Judge: TracedPolicy.Find(objects, name, rulesDirectory)))
            .OrderByDescending(one => one.Judge.Policy?.Prevent ?? true).ThenBy(one => one.Judge.IsOpen).ThenBy(one => one.Name, StringComparer.Ordinal).ToList();
        foreach (var (name, judge) in judges)
        {
            output.WriteLine($"  SecurityPolicy {name}: {judge.Description}");
            if (judge.Policy is null) passes &= judge.IsOpen;
            else if (request is not null) passes &= judge.Judge(request, attempt, output);
            unread |= judge.IsPartial;
        }
        foreach (var name in outcome.Shadows)
        {
            var shadow = TracedPolicy.Find(objects, name, rulesDirectory);
            output.WriteLine($"  in the shadow, SecurityPolicy {name}: {shadow.Description}");
            if (shadow.Policy is not null && request is not null)
                output.WriteLine(shadow.Judge(request, attempt, output) ? "    would have passed" : "    would have been blocked");
        }
        if (passes && unread && request is not null)
        {
            output.WriteLine("  verdict: none, for some of the rules are not at hand here (--rules-directory); those that are let it pass");
            return Answer.Unanswered;
        }
        return End(Judged(passes, request), passes);

        int End(string verdict, bool passes)
        {
            output.WriteLine($"  verdict: {verdict}");
            return passes ? 0 : Denied;
        }
    }

    private static string Judged(bool passes, TracedTraffic? request)
    {
        if (!passes) return "blocked by the firewall";
        return request is null ? "passes; say --http to see what the firewall makes of a request" : "passes";
    }

    /// <summary>Why an end has no policies to be asked.</summary>
    private static string Unasked(ClusterObjects objects, string who, bool isItself)
    {
        if (isItself) return "open: a pod always reaches itself";
        return objects.Pods.Any(pod => IsNamed(pod, who)) ? $"open: {PodNamed.WhyNot(objects, who)}" : "open: no pod of this cluster";
    }

    private static bool IsOfOneNode(ClusterObjects objects, string from, string to) =>
        objects.Pods.FirstOrDefault(pod => IsNamed(pod, from) && pod.Spec.HostNetwork == true)?.Spec.NodeName is { } node
        && objects.Pods.FirstOrDefault(pod => IsNamed(pod, to))?.Spec.NodeName == node;

    private static bool IsNamed(V1Pod pod, string name) => $"{pod.Metadata.NamespaceProperty}/{pod.Metadata.Name}" == name;
}
