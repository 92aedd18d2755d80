using System.Collections.Immutable;
using Demilune.Neutron;
using Demilune.Policy.Model;
using Demilune.Raven;
using Demilune.Raven.Applying;
using Demilune.Raven.Facts;
using Demilune.Sdn;
using Pod = Demilune.Policy.Model.Pod;

namespace Demilune.EndToEnd.Tests.Policies;

/// <summary>Somebody puts another database under the running controller.</summary>
public sealed class RestoredNetworkTests : IDisposable
{
    private static readonly RavenOptions s_options = new() { LeastSparePorts = 2, MostSparePorts = 4 };

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("demilune-restored");
    private readonly List<VirtualNetwork> _networks = [];

    public void Dispose()
    {
        foreach (var network in _networks) network.Dispose();
        _directory.Delete(recursive: true);
    }

    [Theory]
    [InlineData("wiped")]
    [InlineData("older")]
    public async Task It_is_brought_to_what_it_should_be_with_nothing_left_over_and_nothing_twice(string database)
    {
        var under = new Replaceable(new DirectNeutron(Open("first")));
        var neutron = Client(under);
        var raven = new Convergence(neutron, s_options);
        Assert.True(await raven.ReadAsync(default));
        Yesterday(raven);
        await RunAsync(raven, everything: true);
        _networks[0].Dispose();
        _networks.Clear();
        File.Copy(PathOf("first"), PathOf("older"));
        under.Network = new(new DirectNeutron(Open("first")));
        await TodayAsync(raven);
        var ids = (await neutron.ListAsync<Port>(null, default)).Select(port => port.Id).ToHashSet();

        under.Network = new(new DirectNeutron(Open(database)));
        // Something happens before anybody has noticed; on an empty network it fails, and that is what is noticed.
        SetPod(raven, "late", "web");
        var noticed = await Record.ExceptionAsync(() => RunAsync(raven, everything: false));
        if (database == "wiped") Assert.NotNull(noticed);
        Assert.False(await raven.ReadAsync(default));
        await RunAsync(raven, everything: true);

        var fresh = Client(new Replaceable(new DirectNeutron(Open("fresh"))));
        var other = new Convergence(fresh, s_options);
        await other.ReadAsync(default);
        Yesterday(other);
        await TodayAsync(other);
        SetPod(other, "late", "web");
        await RunAsync(other, everything: true);
        Assert.Equal(await DescribeAsync(fresh), await DescribeAsync(neutron));
        if (database == "wiped") Assert.DoesNotContain(await neutron.ListAsync<Port>(null, default), port => ids.Contains(port.Id));
        // And somebody who knows nothing of all this finds nothing to do.
        var next = new Convergence(neutron, s_options);
        await next.ReadAsync(default);
        Yesterday(next);
        Today(next);
        SetPod(next, "late", "web");
        await next.RunAsync(everything: true, _ => { }, plan => Assert.Fail($"{plan.Length} operations, the first: {plan[0]}"), default);
    }

    private static void Yesterday(Convergence raven)
    {
        raven.Compiler.SetNamespace("shop", Labels("team", "shop"));
        foreach (var (name, app) in new[] { ("web", "web"), ("client", "client"), ("gone", "client") }) SetPod(raven, name, app);
        raven.Designer.SetPod("uid-fw", new PlacedPod("uid-fw", new Name("demilune-system", "fw"), "n1", "default"));
        raven.Designer.SetInspection("web", new Raven.Facts.Inspection("web", 7, "default", true, true));
        SetPolicy(raven, "web", "client", "web", 80);
        SetPolicy(raven, "old", "web", null, 90);
    }

    private static async Task TodayAsync(Convergence raven)
    {
        Today(raven);
        await RunAsync(raven, everything: true);
    }

    private static void Today(Convergence raven)
    {
        raven.Compiler.SetPod("uid-gone", null);
        raven.Designer.SetPod("uid-gone", null);
        SetPod(raven, "new", "client");
        raven.Compiler.SetPolicy(new PolicyId(new Name("shop", "old"), PolicyKind.NetworkPolicy), null);
        SetPolicy(raven, "new", "client", null, 8080);
    }

    private static void SetPod(Convergence raven, string name, string app)
    {
        var pod = new Pod($"uid-{name}", new Name("shop", name), Labels("app", app), []);
        raven.Compiler.SetPod(pod.Uid, pod);
        raven.Designer.SetPod(pod.Uid, new PlacedPod(pod.Uid, pod.Name, "n1"));
    }

    private static void SetPolicy(Convergence raven, string name, string from, string? security, ushort port)
    {
        var policy = new NetworkPolicy(
            new Name("shop", name), Select("app", "web"), null, [PolicyRule.Of([new PolicyPeer.Pods(null, Select("app", from))], [new PolicyPort.Range(Protocol.Tcp, port, port)])], [], security);
        raven.Compiler.SetPolicy(policy.Id, policy);
    }

    private static Task RunAsync(Convergence raven, bool everything) => raven.RunAsync(everything, _ => { }, _ => { }, default);

    /// <summary>All that there is, in words that do not depend on ids and addresses.</summary>
    private static async Task<string> DescribeAsync(NeutronClient neutron)
    {
        var groups = await neutron.ListAsync<SecurityGroup>(null, default);
        var names = groups.ToDictionary(group => group.Id, group => group.Description ?? "");
        return string.Join('\n', new[]
        {
            (await neutron.ListAsync<Network>(null, default)).Select(network => network.Description),
            (await neutron.ListAsync<Subnet>(null, default)).Select(subnet => subnet.Description),
            // Which of the spares was whose is nobody's matter, how many there are is.
            (await neutron.ListAsync<Port>(null, default)).Where(port => port.DeviceOwner != DeviceOwners.Spare)
                .Select(port => $"{port.Description} {port.HostId} [{string.Join(',', port.SecurityGroups!.Select(id => names[id]).Order(StringComparer.Ordinal))}]"),
            groups.Select(group => $"{group.Description} {string.Join(',', group.SecurityGroupRules!.Select(rule => $"{rule.Direction} {rule.Protocol} {rule.PortRangeMin}").Order(StringComparer.Ordinal))}"),
            (await neutron.ListAsync<AddressGroup>(null, default)).Select(group => $"{group.Description} {group.Addresses!.Count}"),
            (await neutron.ListAsync<PortPair>(null, default)).Select(pair => pair.Description),
            (await neutron.ListAsync<FlowClassifier>(null, default)).Select(flow => flow.Description),
            (await neutron.ListAsync<PortChain>(null, default)).Select(chain => $"{chain.Description} {chain.FlowClassifiers!.Count}"),
        }.SelectMany(kind => kind.Order(StringComparer.Ordinal)));
    }

    private static NeutronClient Client(HttpMessageHandler network) =>
        new(new HttpClient(network) { BaseAddress = new("http://localhost/") }, new NoAuth(), TimeProvider.System);

    private static LabelSelector Select(string label, string value) => new([new LabelRequirement(label, LabelOperator.In, [value])]);

    private static ImmutableDictionary<string, string> Labels(string key, string value) => ImmutableDictionary<string, string>.Empty.Add(key, value);

    private string PathOf(string name) => Path.Combine(_directory.FullName, $"{name}.db");

    private VirtualNetwork Open(string name)
    {
        var network = VirtualNetwork.Open(PathOf(name), TimeProvider.System);
        _networks.Add(network);
        return network;
    }

    private sealed class Replaceable(HttpMessageHandler first) : HttpMessageHandler
    {
        public HttpMessageInvoker Network { get; set; } = new(first);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => Network.SendAsync(request, cancellationToken);
    }
}
