using System.Diagnostics;
using System.Net;
using Demilune.Contracts.Nodes;
using static Demilune.Node.Tests.Splice.OnPackets.Lab;

namespace Demilune.Node.Tests.Splice.OnPackets;

/// <summary>
/// Pods that speak to a Service: the host's stack translates its address as kube-proxy has it do, and the splice sees the flow twice,
/// from the client to the Service and from the client to the pod behind it.
/// </summary>
public sealed class ServiceTests : IDisposable
{
    private readonly Lab _lab = new();
    private readonly LabPod _client, _server;
    private readonly SecurityGroup _ofClient;

    public ServiceTests()
    {
        Assert.SkipUnless(File.Exists("/usr/sbin/nft"), "nft (nftables) is needed to translate addresses");
        _client = _lab.AddPod("10.9.0.1", "fd09::1");
        _server = _lab.AddPod("10.9.0.2", "fd09::2");
        _ofClient = _lab.Group(_client, Out(4), Out(6));
        Translate(_lab, """
            table inet services {
              chain prerouting {
                type nat hook prerouting priority dstnat
                ip daddr 10.96.0.10 tcp dport 80 dnat ip to 10.9.0.2:8080
                ip6 daddr fd96::10 tcp dport 80 dnat ip6 to [fd09::2]:8080
              }
            }
            """);
    }

    public void Dispose() => _lab.Dispose();

    /// <summary>Puts rules of nftables on a node, as kube-proxy does.</summary>
    internal static void Translate(Lab node, string rules) => node.Host.Run(() => Run("nft", "-f", "-", rules));

    public static TheoryData<string, int, bool> Cases => new() { { "10.96.0.10", 0, false }, { "10.96.0.10", 0, true }, { "fd96::10", 1, false }, { "fd96::10", 1, true } };

    [Theory, MemberData(nameof(Cases))]
    public void The_pod_behind_it_judges_the_client_itself_and_its_answers_take_the_same_way(string service, int family, bool spliced)
    {
        using var firewall = spliced ? new LabFirewall(_lab, 1000) : null;
        if (firewall is not null)
        {
            _lab.State.SecurityPolicies.Add(new SecurityPolicy { Name = "web", Tag = 7 });
            _lab.State.Chains.Add(new PortChain { Id = "chain", Firewall = "default", PortPairs = { firewall.Pair } });
            foreach (var ethertype in new uint[] { 4, 6 })
                _lab.State.Classifiers.Add(new FlowClassifier
                {
                    Id = $"c{ethertype}", ChainId = "chain", LogicalDestinationPort = _server.Port.Id, Ethertype = ethertype, Protocol = 6, PolicyTag = 7,
                    DestinationPortMin = 8080, DestinationPortMax = 8080,
                });
        }
        var stranger = _lab.Free(_lab.AddPod("10.9.0.3", "fd09::3"));
        _lab.Group(_server, In(4, 6, 8080, 8080, prefix: "10.9.0.1/32"), In(6, 6, 8080, 8080, prefix: "fd09::1/128"));
        _lab.Apply();
        firewall?.WaitAlive(_lab);
        using var listener = _server.Netns.Listen(_server.Address(family), 8080);
        EndPoint front = new IPEndPoint(IPAddress.Parse(service), 80);

        Assert.True(stranger.Netns.CannotConnect(front));
        using var connection = _client.Netns.TryConnect(front, Traffic.Patience);
        Assert.NotNull(connection);
        using var accepted = listener.Accept();
        Assert.Equal(_client.Address(family), ((IPEndPoint)accepted.RemoteEndPoint!).Address);
        Assert.True(Traffic.Carries(connection, accepted, 200_000));
        Assert.True(Traffic.Carries(accepted, connection, 200_000));
        if (firewall is null) return;
        var reading = _lab.Datapath.ReadFirewalls().Single();
        Assert.True(reading is { FlowsSpliced: 1, FramesToIn: > 10, FramesFromOut: > 10, FramesToOut: > 10, FramesFromIn: > 10 }, reading.ToString());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_client_that_may_reach_the_service_must_also_be_allowed_to_reach_the_pod(bool allowed)
    {
        _lab.Group(_server, In(4));
        _ofClient.Rules.Clear();
        _ofClient.Rules.Add(Out(4, 6, 80, 80, prefix: "10.96.0.10/32"));
        if (allowed) _ofClient.Rules.Add(Out(4, 6, 8080, 8080, prefix: "10.9.0.2/32"));
        _lab.Apply();
        using var listener = _server.Netns.Listen(_server.Address(), 8080);
        EndPoint front = new IPEndPoint(IPAddress.Parse("10.96.0.10"), 80);
        Assert.True(allowed ? _client.Netns.CanConnect(front) : _client.Netns.CannotConnect(front));
    }

    private static void Run(string program, string flag, string file, string input)
    {
        using var process = Process.Start(new ProcessStartInfo(program, [flag, file]) { RedirectStandardInput = true, RedirectStandardError = true })!;
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, error);
    }
}
