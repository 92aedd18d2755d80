using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Demilune.Cli.Observe;
using Demilune.Cli.Policies.Cases;
using Demilune.Policy.Intents;
using Demilune.Policy.Model;

namespace Demilune.Cli.Policies;

/// <summary><c>demilune policy diff MANIFESTS</c>: which connections a change would open, close, or send through a firewall.</summary>
internal static class PolicyDiffCommand
{
    private const int Differs = 1, MaxShown = 200;

    public static Command Create()
    {
        var change = new Argument<string[]>("manifests") { Description = "What would be applied: files or directories.", Arity = ArgumentArity.ZeroOrMore };
        var delete = new Option<string[]>("--delete") { Description = "What would be deleted, for example \"NetworkPolicy shop/db\"; may be given more than once." };
        var flows = new Option<FileInfo?>("--flows") { Description = "Recorded flows (demilune flows --json): say what would become of these, instead of every pair of pods." };
        var command = new Command("diff", "Says which connections a change would open or close. Exit code 0: none; 1: some; 2: unanswered.")
        {
            change, delete, flows, PolicySource.Files, ControllerOptions.Kubeconfig,
        };
        command.SetAction(Answer.Of("policy diff", async (parsed, output, stop) =>
        {
            var before = await PolicySource.ReadAsync(parsed, stop);
            var after = new ClusterObjects();
            foreach (var manifest in before.All) after.Apply(manifest);
            foreach (var gone in parsed.GetValue(delete) ?? [])
                if (!after.Delete(gone)) throw new InvalidDataException($"there is no {gone} to delete");
            PolicySource.Apply(parsed.GetValue(change) ?? [], after);
            var recorded = parsed.GetValue(flows) is { } file ? File.ReadLines(file.FullName).Select(Recorded).OfType<(string, string, Protocol, ushort)>().Distinct().ToList() : null;
            return Write(before, after, recorded, output);
        }));
        return command;
    }

    internal static int Write(ClusterObjects before, ClusterObjects after, IReadOnlyList<(string From, string To, Protocol Protocol, ushort Port)>? recorded, TextWriter output)
    {
        var (old, next) = (new Answers(before), new Answers(after));
        var (asked, shown) = (0, 0);
        foreach (var (from, to, protocol, port) in recorded ?? Everything(old, next))
        {
            asked++;
            var (was, will) = (old.Of(from, to, protocol, port), next.Of(from, to, protocol, port));
            if (was == will || was is null || will is null) continue;
            if (++shown <= MaxShown) output.WriteLine($"{from} → {to} {protocol.ToString().ToUpperInvariant()}/{port}: {was} → {will}");
        }
        if (shown > MaxShown) output.WriteLine($"… and {shown - MaxShown} more");
        output.WriteLine($"{asked} connections, {shown} change");
        return shown == 0 ? 0 : Differs;
    }

    /// <summary>Every pair of pods, and of a pod and a domain name that a policy speaks of, at each port that a policy speaks of and one that none does.</summary>
    private static IEnumerable<(string, string, Protocol, ushort)> Everything(Answers old, Answers next)
    {
        var ports = old.Ports().Concat(next.Ports()).Distinct().Order().ToList();
        var pods = old.Pods.Keys.Intersect(next.Pods.Keys).Order(StringComparer.Ordinal).ToList();
        var names = old.Names().Concat(next.Names()).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        return from source in pods
               from destination in pods.Concat(names)
               where source != destination
               from port in ports
               select (source, destination, port.Protocol, port.Port);
    }

    private static (string, string, Protocol, ushort)? Recorded(string line)
    {
        if (JsonNode.Parse(line) is not JsonObject flow) return null;
        var known = byte.TryParse(flow["protocol"]?.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && Enum.IsDefined((Protocol)number);
        if (!known || !ushort.TryParse(flow["destinationPort"]?.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var port)) return null;
        return (Who("source"), Who("destination"), (Protocol)number, port);

        string Who(string side) => flow[side + "Pod"]?.ToString() is { Length: > 0 } pod ? pod : flow[side]?.ToString() ?? "";
    }

    /// <summary>One state of the cluster, asked.</summary>
    private sealed class Answers
    {
        private readonly ClusterObjects _objects;
        private readonly ClusterIntent _intent;

        public Answers(ClusterObjects objects)
        {
            _objects = objects;
            var cluster = objects.ToCluster();
            _intent = PolicyCompiler.Compile(cluster);
            Pods = cluster.Pods.ToDictionary(pod => pod.Name.ToString(), StringComparer.Ordinal);
        }

        public IReadOnlyDictionary<string, Pod> Pods { get; }

        /// <summary>Of "*.NAME" one that it stands for; and one that nobody speaks of is not asked for: names open, they never close.</summary>
        public IEnumerable<string> Names() =>
            Rules().Select(rule => rule.Peers).OfType<Peers.Domain>().Select(domain => domain.Pattern.Text.Replace("*.", "any.", StringComparison.Ordinal));

        public IEnumerable<(Protocol Protocol, ushort Port)> Ports()
        {
            // Where a range begins, ends, and is left: between those nothing changes.
            foreach (var ports in Rules().Select(rule => rule.Ports).Distinct())
            {
                foreach (var protocol in ports.Protocol is { } one ? [one] : Enum.GetValues<Protocol>())
                {
                    yield return (protocol, Math.Max(ports.First, (ushort)1));
                    if (ports.First > 1) yield return (protocol, (ushort)(ports.First - 1));
                    if (ports.Last < ushort.MaxValue) yield return (protocol, (ushort)(ports.Last + 1));
                }
            }
            foreach (var port in Pods.Values.SelectMany(pod => pod.Ports)) yield return (port.Protocol, port.Number);
        }

        private IEnumerable<Allowance> Rules() => _intent.Policies.SelectMany(policy => policy.Variants).SelectMany(variant => variant.Allowances);

        /// <returns>Null: one of the two is unknown.</returns>
        public string? Of(string from, string to, Protocol protocol, ushort port)
        {
            var asked = new Expectation(protocol, port, from, to, Fate.Allowed, null, true, true);
            try
            {
                if ((CaseRun.AttemptOf(asked, false, Pods, _objects, "diff") ?? CaseRun.AttemptOf(asked, true, Pods, _objects, "diff")) is not { } attempt) return null;
                var outcome = _intent.Judge(attempt);
                return !outcome.Allowed ? "denied" : string.Join(", ", (string[])[outcome.SecurityPolicies.Count == 0 ? "allowed" : $"inspected by {string.Join(", ", outcome.SecurityPolicies)}", .. outcome.Shadows.Select(name => $"in the shadow of {name}")]);
            }
            catch (InvalidDataException)
            {
                return null;      // a recorded flow of a pod that is gone
            }
        }
    }
}
