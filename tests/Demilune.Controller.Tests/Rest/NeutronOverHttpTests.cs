using System.Net;
using System.Text;
using Demilune.Controller.Hosting;
using Demilune.Neutron;

namespace Demilune.Controller.Tests.Rest;

/// <summary>The client of this repository against the server of this repository, over a socket.</summary>
public sealed class NeutronOverHttpTests
{
    private static readonly CancellationToken Never = CancellationToken.None;

    [Fact]
    public async Task The_client_and_the_server_understand_each_other()
    {
        await using var controller = await RunningController.StartAsync();
        var neutron = controller.Neutron;
        var can = await neutron.DiscoverAsync(Never);
        Assert.True(can is { ServiceChaining: true, AddressGroups: true, ClassifierPolicy: true, ClassifierAddressGroup: true, PortTagsAtCreation: true });

        var network = await neutron.CreateAsync(new Network { Name = "pods", Description = "demilune:test" }, Never);
        await neutron.SetTagsAsync<Network>(network.Id, ["demilune:test"], Never);
        Assert.Equal(network.Id, (await neutron.ListAsync<Network>(Query.Tagged("demilune:test"), Never)).Single().Id);
        await neutron.CreateAsync<Subnet>(
            [new() { NetworkId = network.Id, IpVersion = 4, Cidr = "10.0.0.0/16" }, new() { NetworkId = network.Id, IpVersion = 6, Cidr = "fd00::/64" }], Never);
        var group = await neutron.CreateAsync(new AddressGroup { Addresses = ["10.0.0.9/32"] }, Never);
        Assert.Equal(2, (await neutron.AddAddressesAsync(group.Id, ["10.0.0.10/32"], Never)).Addresses!.Count);
        Assert.Equal(["10.0.0.10/32"], (await neutron.RemoveAddressesAsync(group.Id, ["10.0.0.9/32"], Never)).Addresses!);

        var ports = await neutron.CreateAsync<Port>([.. Enumerable.Range(0, 25).Select(n => new Port { NetworkId = network.Id, DeviceId = "fw", Name = $"p{n}", Tags = ["t"] })], Never);
        Assert.Equal(25, (await neutron.ListAsync<Port>(Query.Tagged("t") with { PageSize = 10 }, Never)).DistinctBy(port => port.Id).Count());
        var pair = await neutron.CreateAsync(new PortPair { Ingress = ports[0].Id, Egress = ports[1].Id }, Never);
        var hop = await neutron.CreateAsync(new PortPairGroup { PortPairs = [pair.Id] }, Never);
        var classifier = await neutron.CreateAsync(new FlowClassifier
        {
            LogicalDestinationPort = ports[2].Id, Protocol = "tcp", DestinationPortRangeMin = 80, DestinationPortRangeMax = 80,
            SourceAddressGroupId = group.Id, L7Parameters = new() { SecurityPolicyTag = 3 },
        }, Never);
        var chain = await neutron.CreateAsync(
            new PortChain { PortPairGroups = [hop.Id], FlowClassifiers = [classifier.Id], ChainParameters = new() { Symmetric = true } }, Never);
        Assert.Equal(3, (await neutron.FindAsync<FlowClassifier>(classifier.Id, Never))!.L7Parameters!.SecurityPolicyTag);
        Assert.True((await Assert.ThrowsAsync<NeutronException>(() => neutron.DeleteAsync<AddressGroup>(group.Id, Never))).IsConflict);
        Assert.Empty((await neutron.UpdateAsync(chain.Id, new PortChain { FlowClassifiers = [] }, Never)).FlowClassifiers!);
        var renamed = await neutron.UpdateAsync(ports[0].Id, new Port { Name = "x" }, Never, ifRevision: ports[0].RevisionNumber);
        Assert.Equal("x", renamed.Name);
        Assert.True((await Assert.ThrowsAsync<NeutronException>(() => neutron.UpdateAsync(
            ports[0].Id, new Port { Name = "y" }, Never, ifRevision: ports[0].RevisionNumber))).IsStale);
    }

    [Fact]
    public async Task A_body_beyond_the_limit_is_refused_and_the_next_request_served()
    {
        await using var controller = await RunningController.StartAsync();
        using var http = new HttpClient { BaseAddress = controller[Door.Neutron] };
        using var huge = new StringContent(new string(' ', 17 * 1024 * 1024), Encoding.UTF8, "application/json");
        try
        {
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await http.PostAsync("v2.0/networks", huge)).StatusCode);
        }
        catch (HttpRequestException)
        {
            // The server need not read to the end what it has refused.
        }
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("v2.0/networks")).StatusCode);
    }
}
