using System.Diagnostics;
using System.Text.Json.Nodes;
using Demilune.Sdn.Api;
using Demilune.Sdn.Store.Etcd;
using Microsoft.Extensions.Logging.Abstractions;

namespace Demilune.Sdn.Tests.Store;

/// <summary>Several controllers on one network, with a real etcd between them.</summary>
public sealed class EtcdNetworkStoreTests : IDisposable
{
    private readonly Etcd? _etcd = Etcd.IsThere ? new() : null;

    public void Dispose() => _etcd?.Dispose();

    private Etcd Server
    {
        get
        {
            Assert.SkipWhen(_etcd is null, "etcd is not here: Debian's package etcd-server has it");
            return _etcd;
        }
    }

    private World Controller() => new(new EtcdNetworkStore(Server.Options, NullLogger.Instance));

    [Fact]
    public void What_one_makes_changes_and_deletes_the_other_sees_and_so_does_who_comes_later()
    {
        using World one = Controller(), other = Controller();
        var (changes, net) = (0, Id(one.Send("POST", "networks", """{"network":{"name":"first"}}""")));
        other.Network.Changed += _ => Interlocked.Increment(ref changes);
        Until(() => Names(other, "networks").Contains("first"));
        Assert.Equal(200, other.Send("PUT", $"networks/{net}", """{"network":{"name":"renamed"}}""").Status);
        Until(() => Names(one, "networks").Contains("renamed"));
        Assert.Equal(201, one.Send("POST", "subnets", $$$"""{"subnet":{"network_id":"{{{net}}}","ip_version":4,"cidr":"10.9.0.0/24"}}""").Status);
        Until(() => Names(other, "subnets").Length == 1);
        using (var third = Controller()) Assert.Equal(["renamed"], Names(third, "networks"));
        Assert.Equal(204, other.Send("DELETE", $"networks/{net}").Status);
        Until(() => Names(one, "networks").Length == 0 && Names(one, "subnets").Length == 0);
        Assert.True(changes > 0);
    }

    [Fact]
    public async Task Two_that_write_at_once_give_no_address_twice_and_come_to_the_same_network()
    {
        using World one = Controller(), other = Controller();
        var net = Id(one.Send("POST", "networks", """{"network":{}}"""));
        one.Send("POST", "subnets", $$$"""{"subnet":{"network_id":"{{{net}}}","ip_version":4,"cidr":"10.9.0.0/24"}}""");
        await Task.WhenAll(new[] { one, other }.SelectMany(world => Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            // Whatever the other has seen so far: what it writes is judged by what there is.
            for (var i = 0; i < 50; i++) Assert.Equal(201, world.Send("POST", "ports", $$$"""{"port":{"network_id":"{{{net}}}"}}""").Status);
        }))));
        var addresses = one.Get("ports").AsArray().Select(port => (string?)port!["fixed_ips"]![0]!["ip_address"]).ToList();
        Until(() => one.Get("ports").AsArray().Count == 200 && Sorted(one) == Sorted(other));
        addresses = [.. one.Get("ports").AsArray().Select(port => (string?)port!["fixed_ips"]![0]!["ip_address"])];
        Assert.Equal(200, addresses.Distinct().Count());

        static string Sorted(World world) => string.Join('\n', world.Get("ports").AsArray().OrderBy(port => (string?)port!["id"]).Select(port => port!.ToJsonString()));
    }

    [Fact]
    public void While_it_is_away_changes_are_refused_by_its_name_and_afterwards_all_goes_on()
    {
        using World one = Controller(), other = Controller();
        one.Send("POST", "networks", """{"network":{"name":"first"}}""");
        Server.Kill();
        Assert.Contains(Server.Endpoint.ToString(), Assert.Throws<IOException>(() => one.Send("POST", "networks", """{"network":{"name":"lost"}}""")).Message, StringComparison.Ordinal);
        Assert.Equal(["first"], Names(one, "networks"));
        Server.Start();
        Assert.Equal(201, one.Send("POST", "networks", """{"network":{"name":"second"}}""").Status);
        Until(() => Names(other, "networks").Order().SequenceEqual(["first", "second"]));
    }

    [Fact]
    public async Task A_watch_that_says_nothing_is_not_believed()
    {
        await using var muted = new MutedEtcd(Server.Endpoint);
        using World one = Controller(), other = new(new EtcdNetworkStore(Server.Options with { Endpoints = [muted.Endpoint] }, NullLogger.Instance));
        Until(() => muted.Watches == 1);
        one.Send("POST", "networks", """{"network":{"name":"unheard"}}""");
        Until(() => Names(other, "networks").SequenceEqual(["unheard"]));
        Assert.Equal(2, muted.Watches);
    }

    [Fact]
    public void Who_was_away_for_longer_than_etcd_remembers_reads_it_whole()
    {
        using World one = Controller(), other = Controller();
        one.Send("POST", "networks", """{"network":{"name":"gone"}}""");
        Until(() => Names(other, "networks").Length == 1);
        using var etcd = new EtcdClient(Server.Options);
        // Unseen by both: their watches are cut off meanwhile, and then begin behind what is forgotten.
        Server.Kill();
        Server.Start();
        var gone = Id(one.Get("networks")[0]!);
        one.Send("DELETE", $"networks/{gone}");
        one.Send("POST", "networks", """{"network":{"name":"late"}}""");
        var revision = EtcdClient.Number(etcd.Call("v3/kv/range", new() { ["key"] = EtcdClient.Encode("/") })["header"]!["revision"]);
        etcd.Call("v3/kv/compaction", new() { ["revision"] = $"{revision}" });
        Until(() => Names(other, "networks").SequenceEqual(["late"]));
    }

    [Fact]
    public void What_cannot_be_read_is_named_instead_of_left_out()
    {
        using (var one = Controller()) one.Send("POST", "networks", """{"network":{}}""");
        using var etcd = new EtcdClient(Server.Options);
        etcd.Call("v3/kv/put", new() { ["key"] = EtcdClient.Encode("/demilune/test/network/objects/networks/x"), ["value"] = EtcdClient.Encode("{") });
        Assert.Contains("objects/networks/x", Assert.Throws<IOException>(Controller).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Certificates_that_are_not_there_are_named() =>
        Assert.Contains("absent.pem", Assert.ThrowsAny<IOException>(() => new EtcdNetworkStore(new EtcdOptions([new("https://127.0.0.1:1")], "/x/", "/absent.pem"), NullLogger.Instance)).Message, StringComparison.Ordinal);

    private static string[] Names(World world, string path) => [.. world.Get(path).AsArray().Select(one => (string?)one!["name"] ?? "")];

    private static string Id(ApiAnswer answer) => Id(answer.Body!.AsObject().Single().Value!);

    private static string Id(JsonNode resource) => (string)resource["id"]!;

    private static void Until(Func<bool> seen)
    {
        for (var waited = Stopwatch.StartNew(); !seen(); Thread.Sleep(20)) Assert.True(waited.Elapsed < TimeSpan.FromSeconds(60));
    }
}
