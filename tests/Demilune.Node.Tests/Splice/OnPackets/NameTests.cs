using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Demilune.Contracts.Nodes;
using Demilune.Node.Attachments;
using Demilune.Node.Names;
using Demilune.Wire.Dns;
using Microsoft.Extensions.Logging.Abstractions;
using static Demilune.Node.Tests.Splice.OnPackets.Lab;

namespace Demilune.Node.Tests.Splice.OnPackets;

/// <summary>Egress by name, with a real name server and real connections.</summary>
public sealed class NameTests : IDisposable
{
    private const string Named = "203.0.113.5", Other = "203.0.113.6", Third = "203.0.113.7", ServerAddress = "203.0.113.53";

    private readonly Lab _lab = NewLab();
    private readonly World _world;
    private readonly LabPod _pod, _neighbour;
    private readonly SecurityGroup _group;
    private readonly NameServer _server;
    private readonly List<Socket> _listening = [];
    private Agent _agent;
    private AnswerListener? _listener;

    public NameTests()
    {
        _world = new(_lab);
        foreach (var address in new[] { Other, Third, ServerAddress }) _world.AddAddress(address);
        _server = new(_world.Pod.Netns, IPAddress.Parse(ServerAddress), "--host-record=api.example.com,203.0.113.5,600", "--host-record=www.other.org,203.0.113.6,600",
            "--host-record=short.example.com,203.0.113.7,0", "--cname=alias.example.net,api.example.com");
        _pod = _lab.AddPod("10.9.0.1");
        _neighbour = _lab.AddPod("10.9.0.2");
        _group = Names(_pod, "*.example.com", "alias.example.net");
        Names(_neighbour, "*.example.com");
        foreach (var address in new[] { Named, Other, Third }) _listening.Add(_world.Pod.Netns.Listen(IPAddress.Parse(address), 443));
        _agent = NewAgent();
        Start();
    }

    public void Dispose()
    {
        _listener?.Dispose();
        _server.Dispose();
        foreach (var socket in _listening) socket.Dispose();
        _world.Dispose();
        _lab.Dispose();
        Assert.False(_listener!.Ended.IsFaulted, _listener.Ended.Exception?.ToString());
    }

    [Fact]
    public void A_name_opens_the_addresses_that_the_pod_was_told_and_nothing_else()
    {
        Assert.True(_pod.Netns.CannotConnect(At(Named)));
        Assert.NotEmpty(Ask(_pod, "api.example.com")!.Answers);
        // At once: the answer came after the kernel knew.
        Assert.True(_pod.Netns.CanConnect(At(Named)));
        Assert.True(_pod.Netns.CannotConnect(At(Named, 444)));
        // Resolving is nobody's business; to connect is.
        Assert.NotEmpty(Ask(_pod, "www.other.org")!.Answers);
        Assert.True(_pod.Netns.CannotConnect(At(Other)));
        // Who did not ask was told nothing, although it may speak to the same names.
        Assert.True(_neighbour.Netns.CannotConnect(At(Named)));
        Assert.NotEmpty(Ask(_neighbour, "API.Example.COM")!.Answers);
        Assert.True(_neighbour.Netns.CanConnect(At(Named)));
    }

    [Fact]
    public void What_an_alias_leads_to_is_open_to_who_may_speak_to_the_alias()
    {
        Assert.NotEmpty(Ask(_pod, "alias.example.net")!.Answers);
        Assert.True(_pod.Netns.CanConnect(At(Named)));
        Assert.NotEmpty(Ask(_neighbour, "alias.example.net")!.Answers);
        Assert.True(_neighbour.Netns.CannotConnect(At(Named)));
    }

    [Fact]
    public void An_answer_over_tcp_opens_as_well()
    {
        Assert.NotEmpty(NameServer.AskStream(_pod.Netns, new(_server.Address, 53), NameServer.Query("api.example.com"))!.Answers);
        Assert.True(_pod.Netns.CanConnect(At(Named)));
    }

    [Fact]
    public void A_lookup_is_answered_from_a_pod_of_the_same_node_too()
    {
        var local = _lab.Free(_lab.AddPod("10.9.0.53"));
        _lab.Group(local, In(4));
        _lab.Group(_pod, Out(4, 17, 53, 53, prefix: "10.9.0.53/32"));
        Apply();
        using NameServer server = new(local.Netns, local.Address(), "--host-record=api.example.com,203.0.113.5,600");
        Assert.NotEmpty(NameServer.Ask(_pod.Netns, new(server.Address, 53), NameServer.Query("api.example.com"))!.Answers);
        Assert.True(_pod.Netns.CanConnect(At(Named)));
    }

    [Fact]
    public void An_answer_in_fragments_comes_truncated_and_its_tail_not_at_all()
    {
        using var server = _world.Pod.Netns.Udp(IPAddress.Parse(Third), 53);
        _lab.Group(_pod, Out(4, 17, 53, 53, prefix: Third + "/32"));
        Apply();
        var answering = new Thread(() =>
        {
            EndPoint from = new IPEndPoint(IPAddress.Any, 0);
            var query = new byte[512];
            var count = server.ReceiveFrom(query, ref from);
            // Its own question, and one record of 4,000 bytes.
            var answer = new byte[4096];
            query.AsSpan(0, count - 11).CopyTo(answer);
            (answer[2], answer[3], answer[7], answer[11]) = (0x81, 0x80, 1, 0);
            byte[] record = [0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, 0x0f, 0x00];
            record.CopyTo(answer, count - 11);
            server.SendTo(answer, count - 11 + 12 + 0x0f00 is var length ? length : 0, SocketFlags.None, from);
        });
        answering.Start();
        var message = NameServer.Ask(_pod.Netns, new(IPAddress.Parse(Third), 53), NameServer.Query("big.example.com", DnsType.TXT));
        answering.Join();
        Assert.NotNull(message);
        Assert.Equal(0x0200, message.Flags & 0x0200);
        Assert.Empty(message.Answers);
        Assert.Equal("big.example.com", System.Text.Encoding.ASCII.GetString(message.Name(message.Questions[0])));
    }

    [Fact]
    public void A_name_whose_time_is_over_opens_nothing_new_and_cuts_nothing_that_lives()
    {
        Assert.NotEmpty(Ask(_pod, "short.example.com")!.Answers);
        using var connection = _pod.Netns.TryConnect(At(Third), Traffic.Patience);
        Assert.NotNull(connection);
        using var accepted = _listening[2].Accept();
        // Its TTL is 0; the least that it is held is three seconds here.
        for (var watch = Stopwatch.StartNew(); !_pod.Netns.CannotConnect(At(Third)); Thread.Sleep(Traffic.Silence)) Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30));
        Assert.True(Traffic.Carries(connection, accepted));
        // Judged again, by a state in which the name is long over.
        _lab.Group(_pod, Out(4, 6, 8080, 8080));
        Apply();
        _agent.ForgetExpiredNames();
        Assert.True(Traffic.Carries(connection, accepted));
        Assert.True(_pod.Netns.CannotConnect(At(Third)));
        Assert.NotEmpty(Ask(_pod, "short.example.com")!.Answers);
        Assert.True(_pod.Netns.CanConnect(At(Third)));
    }

    [Fact]
    public void A_policy_that_speaks_of_the_name_no_longer_cuts_at_once()
    {
        Assert.NotEmpty(Ask(_pod, "api.example.com")!.Answers);
        using var connection = _pod.Netns.TryConnect(At(Named), Traffic.Patience);
        Assert.NotNull(connection);
        using var accepted = _listening[0].Accept();
        Assert.True(Traffic.Carries(connection, accepted));
        foreach (var rule in _group.Rules.Where(rule => rule.RemoteDomainName.Length > 0).ToArray()) _group.Rules.Remove(rule);
        Apply();
        Assert.False(Traffic.Carries(connection, accepted, patience: Traffic.Silence));
    }

    [Fact]
    public void An_agent_that_comes_back_knows_what_its_predecessor_allowed()
    {
        Assert.NotEmpty(Ask(_pod, "api.example.com")!.Answers);
        _listener!.Dispose();
        // Nobody listens: answers come, and open nothing.
        Assert.NotEmpty(Ask(_neighbour, "api.example.com")!.Answers);
        Assert.True(_neighbour.Netns.CannotConnect(At(Named)));
        Assert.True(_pod.Netns.CanConnect(At(Named)));
        _lab.Reopen();
        _agent = NewAgent();
        Start();
        Assert.True(_pod.Netns.CanConnect(At(Named)));
        Assert.NotEmpty(Ask(_neighbour, "api.example.com")!.Answers);
        Assert.True(_neighbour.Netns.CanConnect(At(Named)));
    }

    [Fact]
    public void A_tier_that_denies_before_denies_by_name_too()
    {
        _group.Rules.Add(new SecurityGroupRule
        {
            Id = "deny", Direction = SecurityGroupRule.Types.Direction.Egress, Ethertype = 4, Tier = 1, Order = 1, Action = SecurityGroupRule.Types.Action.Deny, RemotePrefix = Named + "/32",
        });
        Apply();
        Assert.NotEmpty(Ask(_pod, "api.example.com")!.Answers);
        Assert.True(_pod.Netns.CannotConnect(At(Named)));
    }

    private static Lab NewLab()
    {
        Assert.SkipUnless(NameServer.IsInstalled, "dnsmasq (package dnsmasq-base) is not installed");
        return new();
    }

    private void Start()
    {
        Apply();
        _listener = _lab.Host.Run(() => AnswerListener.Start(_agent, TimeProvider.System, NullLogger.Instance));
    }

    private void Apply()
    {
        _lab.State.Revision++;
        _lab.Host.Run(() => _agent.Receive(_lab.State.Clone()));
        Assert.True(_agent.Observe().Observation.AppliedRevision == _lab.State.Revision);
    }

    private Agent NewAgent() => new(_lab.Datapath, new AttachmentStore(Path.Combine(_lab.Directory, "attachments")), null, NullLogger.Instance);

    private SecurityGroup Names(LabPod pod, params string[] names)
    {
        var group = _lab.Group(pod, Out(4, 17, 53, 53, prefix: ServerAddress + "/32"), Out(4, 6, 53, 53, prefix: ServerAddress + "/32"));
        foreach (var name in names)
            group.Rules.Add(new SecurityGroupRule
            {
                Id = name, Direction = SecurityGroupRule.Types.Direction.Egress, Ethertype = 4, Protocol = 6, PortMin = 443, PortMax = 443, RemoteDomainName = name,
            });
        return group;
    }

    private DnsMessage? Ask(LabPod pod, string name) => NameServer.Ask(pod.Netns, new(_server.Address, 53), NameServer.Query(name));

    private static IPEndPoint At(string address, int port = 443) => new(IPAddress.Parse(address), port);
}
