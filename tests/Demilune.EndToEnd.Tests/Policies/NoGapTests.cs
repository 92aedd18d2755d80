using System.Collections.Immutable;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Demilune.Policy.Model;

namespace Demilune.EndToEnd.Tests.Policies;

/// <summary>
/// Policies, labels and pods change under traffic: no packet passes that neither the state before nor the one after allows, and none is lost that
/// both allow. Each end of a connection changes by itself (both are asked, and they may be on different nodes). So for NetworkPolicies, for the tiers of the
/// cluster, for pods that get the address of one that is no more, over UDP and over TCP connections that live through it; and what is to be judged, while nobody judges and its policy fails closed, never passes.
/// </summary>
/// <remarks>
/// No clock decides: a packet is held to every state that there was between the moment before it was sent and the moment after. A change counts
/// from before the network hears of it until the kernel has all of it.
/// </remarks>
public sealed class NoGapTests
{
    private static readonly TimeSpan s_duration = Stage.IsAll ? TimeSpan.FromMinutes(3) : TimeSpan.FromSeconds(20);
    private static readonly string[] s_names = ["a", "b", "c"];
    private static readonly string[] s_spaces = ["x", "y"];
    private static readonly ushort[] s_ports = [80, 81];

    [Fact]
    public async Task No_packet_slips_through_a_change_and_none_is_lost_to_it()
    {
        Assert.SkipUnless(Environment.UserName == "root", "network namespaces and eBPF need root");
        var cancel = TestContext.Current.CancellationToken;
        var seed = Random.Shared.Next();
        // Eleven addresses for six pods: who comes new soon has the address of one who went.
        using var live = new LiveCluster("10.244.0.0/28", failsClosed: true);
        using var run = new Run(live, new Random(seed));
        await run.BeginAsync(cancel);
        using var sending = new CancellationTokenSource();
        var sender = Task.Factory.StartNew(() => run.Send(sending.Token), TaskCreationOptions.LongRunning);
        var started = Stopwatch.StartNew();
        for (; started.Elapsed < s_duration && !sender.IsCompleted; await Task.Delay(run.Pause(), cancel))
            await run.ChangeAsync(withTiers: started.Elapsed > s_duration / 2, cancel);
        await sending.CancelAsync();
        await sender;
        await run.OpenAsync(cancel);
        var (wrong, asked) = await run.JudgeAsync(cancel);
        TestContext.Current.TestOutputHelper?.WriteLine($"{asked}, {run.Judged} of them have something judged, {run.Reused} pods got the address of one before them");
        Assert.True(wrong.Count == 0, $"seed {seed}, {asked}\n{string.Join('\n', wrong.Take(20))}");
    }

    private sealed record Sent(string From, string To, bool V6, ushort Port, uint Number, long Before, long After, LivePod Receiver, bool MayBeCut);

    private sealed class Run(LiveCluster live, Random random) : IDisposable
    {
        private readonly Lock _gate = new();
        private readonly Random _traffic = new(random.Next());
        private readonly Dictionary<string, string> _teams = s_spaces.ToDictionary(space => space, _ => "red");
        private readonly Dictionary<string, Pod> _pods = [];
        private readonly Dictionary<PolicyId, NetworkPolicy> _policies = [];
        private readonly Dictionary<string, IPAddress> _addresses = [];
        private readonly HashSet<string> _reused = [];
        private readonly HashSet<(string From, string To, ushort Port, bool V6)> _known = [];
        private NetworkPolicy[] _former = [];
        private readonly StateHistory _history = new();
        private readonly Conversations _conversations = new(new(random.Next()), patience: Stage.IsAll ? TimeSpan.FromSeconds(20) : TimeSpan.FromSeconds(1));
        private readonly List<Sent> _sent = [];
        private List<(string Uid, LivePod Pod, Socket V4, Socket V6)> _senders = [];
        private int _born;
        private uint _number;

        public int Judged => _history.Judged;

        public int Reused => _reused.Count;

        public void Dispose() => _conversations.Dispose();

        /// <summary>Sometimes none, so that one change runs into the next.</summary>
        public TimeSpan Pause() => TimeSpan.FromMilliseconds(random.Next(3) == 0 ? 0 : random.Next(120));

        public async Task BeginAsync(CancellationToken cancel)
        {
            foreach (var space in s_spaces)
                foreach (var name in s_names) Bear(space, name);
            await EnforceAsync("begin", cancel);
        }

        public async Task ChangeAsync(bool withTiers, CancellationToken cancel)
        {
            var (space, name) = (s_spaces[random.Next(2)], s_names[random.Next(3)]);
            switch (random.Next(8))
            {
                case 0:
                    _teams[space] = _teams[space] == "red" ? "blue" : "red";
                    await EnforceAsync($"namespace {space} is {_teams[space]}", cancel);
                    break;
                case 1:
                    var relabelled = _pods.Values.First(pod => pod.Name == new Name(space, name));
                    _pods[relabelled.Uid] = relabelled with { Labels = Labels(("pod", name), ("tier", $"{random.Next(2)}")) };
                    await EnforceAsync($"pod {relabelled.Name} has another label", cancel);
                    break;
                case 2:
                    var gone = _pods.Values.First(pod => pod.Name == new Name(space, name));
                    lock (_gate)
                    {
                        _senders = [.. _senders.Where(one => one.Uid != gone.Uid)];
                        _conversations.Leave(gone.Uid);
                    }
                    await DrainAsync(live.Pod(gone.Uid), cancel);
                    _pods.Remove(gone.Uid);
                    Bear(space, name);
                    await EnforceAsync($"pod {gone.Name} is replaced", cancel);
                    break;
                case 3 when _policies.Count > 0:
                    var id = _policies.Keys.ElementAt(random.Next(_policies.Count));
                    _policies.Remove(id);
                    await EnforceAsync($"policy {id} is gone", cancel);
                    break;
                case 4 when withTiers:
                    var ofCluster = ClusterPolicy($"c{random.Next(3)}");
                    _policies[ofCluster.Id] = ofCluster;
                    await EnforceAsync($"policy {ofCluster.Id} of the cluster is new or another", cancel);
                    break;
                default:
                    var policy = Policy(new Name(space, $"p{random.Next(3)}"));
                    _policies[policy.Id] = policy;
                    await EnforceAsync($"policy {policy.Id} is new or another", cancel);
                    break;
            }
        }

        /// <summary>Nothing is forbidden any longer: connections that live go on with what they were kept from saying, however often they were cut.</summary>
        public Task OpenAsync(CancellationToken cancel)
        {
            _policies.Clear();
            return EnforceAsync("all is open", cancel);
        }

        /// <summary>Everybody to everybody, over flows that live on and over new ones; and connections that live as long as they may.</summary>
        public void Send(CancellationToken end)
        {
            var bytes = new byte[8];
            for (var round = 0; !end.IsCancellationRequested; round++)
            {
                foreach (var from in _senders)
                    foreach (var to in _senders)
                        lock (_gate)
                        {
                            // Whoever is no more, or about to be no more, is not asked.
                            if (from.Uid == to.Uid || !_senders.Contains(from) || !_senders.Contains(to)) continue;
                            var (port, v6) = (s_ports[_traffic.Next(2)], (round & 2) != 0);
                            var number = ++_number;
                            var before = Stopwatch.GetTimestamp();
                            if (round % 5 == 0) from.Pod.Send(Protocol.Udp, to.Pod.Address(v6), port, number);
                            else
                            {
                                System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
                                (v6 ? from.V6 : from.V4).SendTo(bytes, new IPEndPoint(to.Pod.Address(v6), port));
                            }
                            // What lived between the sender and who had this address before ends with its next packet.
                            var isCut = round % 5 != 0 && _known.Add((from.Uid, to.Uid, port, v6)) && _reused.Contains(to.Uid);
                            _sent.Add(new Sent(from.Uid, to.Uid, v6, port, number, before, Stopwatch.GetTimestamp(), to.Pod, isCut));
                        }
                lock (_gate) _conversations.Round([.. _senders.Select(one => (one.Uid, one.Pod))], s_ports, () => ++_number);
                Thread.Sleep(15);
            }
        }

        public async Task<(List<string> Wrong, string Asked)> JudgeAsync(CancellationToken cancel)
        {
            var judged = _sent.Select(sent => (Sent: sent, Held: Held(sent))).ToList();
            var living = _conversations.All.Where(one => !one.IsLeft).ToList();
            // What must arrive is waited for, however slow this machine is.
            for (var waited = 0; waited < 2_400 && (judged.Exists(one => one.Held.Must && !HasArrived(one.Sent)) || living.Exists(one => !one.IsHeard)); waited++) await Task.Delay(50, cancel);
            var (words, heard) = (_conversations.All.Sum(one => one.Said.Count), 0);
            List<string> wrong =
            [
                .. judged.Where(one => HasArrived(one.Sent) ? !one.Held.May : one.Held.Must).Select(one =>
                    $"{(HasArrived(one.Sent) ? "slipped through" : "was lost")}: {one.Sent.From} → {one.Sent.To} UDP/{one.Sent.Port} {(one.Sent.V6 ? "IPv6" : "IPv4")}, {one.Held.States}"),
                .. living.Where(one => !one.IsHeard).Select(one => $"{(one.Connected is null ? "was not let in" : "fell silent")}: {Told(one)}, {Held(one, one.Began, long.MaxValue).States}"),
                .. _conversations.All.Where(one => one.IsBroken).Select(one => $"was broken: {Told(one)}, {Held(one, one.Began, long.MaxValue).States}"),
            ];
            foreach (var one in _conversations.All)
            {
                if (one.Connected is { } connected && Held(one, one.Began, connected) is { May: false } held) wrong.Add($"was let in: {Told(one)}, {held.States}");
                foreach (var (number, before) in one.Said)
                {
                    if (one.ArrivedAt(number) is not { } arrived) continue;
                    heard++;
                    if (Held(one, before, arrived) is { May: false } then) wrong.Add($"slipped through: a word of {Told(one)}, {then.States}");
                }
            }
            return (wrong, $"{judged.Count} packets, {judged.Count(one => one.Held.Must)} had to pass, {judged.Count(one => !one.Held.May)} must not, {_history.Count} states; "
                + $"{_conversations.All.Count} connections, {_conversations.All.Count(one => one.Connected is not null)} were let in, {living.Count} lived on, {heard} of {words} words were heard");
        }

        /// <summary>Waits until the pod has read all that it was sent: what lies in its sockets when it goes was not lost on the way.</summary>
        private async Task DrainAsync(LivePod pod, CancellationToken cancel)
        {
            foreach (var port in s_ports)
                foreach (var v6 in new[] { false, true })
                {
                    uint last;
                    lock (_gate) last = ++_number;
                    pod.Send(Protocol.Udp, pod.Address(v6), port, last);        // over its own loopback, behind all the others
                    for (var waited = 0; waited < 1_200 && !pod.HasArrived(Protocol.Udp, port, last); waited++) await Task.Delay(50, cancel);
                }
        }

        private static bool HasArrived(Sent sent) => sent.Receiver.HasArrived(Protocol.Udp, sent.Port, sent.Number);

        private Ruling Held(Sent sent)
        {
            var held = _history.Judge(sent.From, sent.To, Protocol.Udp, sent.Port, sent.V6, sent.Before, sent.After);
            return sent.MayBeCut ? held with { Must = false } : held;
        }

        private Ruling Held(Conversation one, long before, long after) => _history.Judge(one.From, one.To, Protocol.Tcp, one.Port, one.V6, before, after);

        private static string Told(Conversation one) => $"{one.From} → {one.To} TCP/{one.Port} {(one.V6 ? "IPv6" : "IPv4")}";

        private async Task EnforceAsync(string because, CancellationToken cancel)
        {
            var cluster = new Cluster(_teams.ToImmutableDictionary(team => team.Key, team => Labels(("team", team.Value))), [.. _pods.Values], [.. _policies.Values]);
            // A tier names both ends by their labels and may deny: between the request that changes one end and the one that changes the other it says what neither state says.
            var hasTiers = _policies.Values.Concat(_former).Any(policy => policy.Kind == PolicyKind.ClusterNetworkPolicy);
            var byRequests = !hasTiers && random.Next(2) == 0;
            var isThere = _history.Begin(because, cluster, byRequests);
            _former = [.. _policies.Values];
            await live.ConvergeAsync(cluster, byRequests, cancel);
            lock (_gate)
            {
                isThere();
                foreach (var uid in _pods.Keys)
                    if (_addresses.TryAdd(uid, live.Pod(uid).Address(false)) && _addresses.Count(one => one.Value.Equals(_addresses[uid])) > 1) _reused.Add(uid);
                _senders = [.. _senders, .. _pods.Keys.Except(_senders.Select(one => one.Uid)).Select(uid => Sender(uid, live.Pod(uid)))];
            }
        }

        private static (string, LivePod, Socket, Socket) Sender(string uid, LivePod pod) => (
            uid, pod, pod.Open(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp), pod.Open(AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp));

        private void Bear(string space, string name)
        {
            var pod = new Pod($"{space}/{name}#{_born++}", new Name(space, name), Labels(("pod", name), ("tier", $"{random.Next(2)}")), []);
            _pods[pod.Uid] = pod;
        }

        private NetworkPolicy Policy(Name name)
        {
            var types = random.Next(3) switch { 0 => ImmutableArray.Create(PolicyType.Ingress), 1 => [PolicyType.Egress], _ => [PolicyType.Ingress, PolicyType.Egress] };
            return new NetworkPolicy(name, Selector(), types, [.. Rules()], [.. Rules()], random.Next(4) == 0 ? "judge" : null);
        }

        private NetworkPolicy ClusterPolicy(string name) => new(new Name("", name), Selector(), null, [.. Actions()], [.. Actions()])
        {
            Kind = PolicyKind.ClusterNetworkPolicy, Tier = random.Next(2) == 0 ? Tier.Admin : Tier.Baseline, Priority = random.Next(3),
            SubjectNamespaces = random.Next(2) == 0 ? Team() : LabelSelector.Everything,
        };

        private IEnumerable<PolicyRule> Actions() => Enumerable.Range(0, random.Next(3)).Select(_ => PolicyRule.Of(
            [new PolicyPeer.Pods(random.Next(2) == 0 ? Team() : LabelSelector.Everything, Selector())],
            random.Next(2) == 0 ? [] : Ports()) with
        {
            Action = (RuleAction)random.Next(3),
        }).ToList();

        private IEnumerable<PolicyRule> Rules() => Enumerable.Range(0, random.Next(3)).Select(_ => PolicyRule.Of(
            random.Next(4) == 0 ? [] : [new PolicyPeer.Pods(random.Next(2) == 0 ? Team() : LabelSelector.Everything, Selector())],
            random.Next(2) == 0 ? [] : Ports())).ToList();

        /// <summary>Of the one protocol, the other, or both.</summary>
        private IReadOnlyList<PolicyPort> Ports()
        {
            var (first, which) = (s_ports[random.Next(2)], random.Next(3));
            return [.. new[] { Protocol.Udp, Protocol.Tcp }.Where((_, index) => which != index).Select(protocol => new PolicyPort.Range(protocol, first, 81))];
        }

        private LabelSelector Team() => Select("team", random.Next(2) == 0 ? "red" : "blue");

        private LabelSelector Selector() => random.Next(3) switch
        {
            0 => LabelSelector.Everything,
            1 => Select("tier", $"{random.Next(2)}"),
            _ => Select("pod", s_names[random.Next(3)]),
        };

        private static LabelSelector Select(string label, string value) => new([new LabelRequirement(label, LabelOperator.In, [value])]);

        private static ImmutableDictionary<string, string> Labels(params (string Key, string Value)[] labels) => labels.ToImmutableDictionary(label => label.Key, label => label.Value);
    }
}
