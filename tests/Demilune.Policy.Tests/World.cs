using System.Collections.Immutable;
using Demilune.Policy.Addresses;
using Demilune.Policy.Intents;
using Demilune.Policy.Model;

namespace Demilune.Policy.Tests;

/// <summary>The classic cluster of NetworkPolicy tests: namespaces x, y, z (label ns), pods a, b, c in each (label pod), ports 80 and 81.</summary>
internal sealed class World
{
    private readonly List<NetworkPolicy> _policies = [];
    private readonly Dictionary<string, Pod> _pods = [];

    public World()
    {
        foreach (var ns in new[] { "x", "y", "z" })
            foreach (var name in new[] { "a", "b", "c" })
                Add(ns, name, ("http", 80), ("alt", 81));
    }

    public IReadOnlyDictionary<string, Pod> Pods => _pods;

    public World Add(string ns, string name, params (string Name, int Number)[] ports)
    {
        _pods[$"{ns}/{name}"] = new Pod(
            $"uid-{ns}-{name}", new Name(ns, name), Labels(("pod", name)),
            [.. ports.Select(port => new NamedPort(port.Name, Protocol.Tcp, (ushort)port.Number))]);
        return this;
    }

    public World With(NetworkPolicy policy)
    {
        _policies.Add(policy);
        return this;
    }

    public ClusterIntent Compile() => PolicyCompiler.Compile(Cluster());

    public Cluster Cluster() => new(
        new[] { "x", "y", "z" }.ToImmutableDictionary(ns => ns, ns => Labels(("ns", ns))), [.. _pods.Values], [.. _policies]);

    public Outcome Judge(string from, string to, int port = 80, Protocol protocol = Protocol.Tcp) =>
        Compile().Judge(new Attempt(_pods.GetValueOrDefault(from), Address(from), _pods.GetValueOrDefault(to), Address(to), protocol, (ushort)port));

    /// <summary>Who reaches <paramref name="to"/>, of the nine pods: "x/a x/b".</summary>
    public string Reaching(string to, int port = 80, Protocol protocol = Protocol.Tcp)
    {
        var intent = Compile();
        return string.Join(' ', _pods.Keys.Order().Where(from => intent.Judge(
            new Attempt(_pods[from], Address(from), _pods[to], Address(to), protocol, (ushort)port)).Allowed));
    }

    public static ImmutableDictionary<string, string> Labels(params (string Key, string Value)[] labels) =>
        labels.ToImmutableDictionary(label => label.Key, label => label.Value);

    public static LabelSelector Select(params (string Key, string Value)[] labels) =>
        new(labels.Select(label => new LabelRequirement(label.Key, LabelOperator.In, [label.Value])));

    public static NetworkPolicy NetPolicy(
        string ns, string name, LabelSelector? pods = null, PolicyType[]? types = null, PolicyRule[]? ingress = null, PolicyRule[]? egress = null,
        string? security = null) =>
        new(new Name(ns, name), pods ?? LabelSelector.Everything, types?.ToImmutableArray(), [.. ingress ?? []], [.. egress ?? []], security);

    public static PolicyRule Rule(PolicyPeer[]? peers = null, PolicyPort[]? ports = null) => PolicyRule.Of(peers, ports);

    public static PolicyPort Tcp(int first, int? last = null) => new PolicyPort.Range(Protocol.Tcp, (ushort)first, (ushort)(last ?? first));

    /// <summary>"x/a" is 10.0.0.x-ish: a fixed address per pod; anything else is itself.</summary>
    public Prefix Address(string name)
    {
        var index = _pods.Keys.Order().ToList().IndexOf(name);
        var text = index < 0 ? name : $"10.244.0.{index + 10}";
        return Prefix.TryParse(text, out var prefix) ? prefix : throw new ArgumentException(name);
    }
}
