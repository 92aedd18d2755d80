using System.Net;

namespace Demilune.Neutron.Tests.Client;

public sealed class NeutronClientTests
{
    private static readonly CancellationToken Never = CancellationToken.None;

    [Fact]
    public async Task A_create_says_only_what_was_said_and_never_what_is_read_only()
    {
        var script = new Script().Then(201, """{"port":{"id":"p","status":"DOWN","tags":[]}}""");
        var made = await script.Client().CreateAsync(
            new Port { Id = "mine", NetworkId = "n", Status = "ACTIVE", RevisionNumber = 7, CreatedAt = "then", HostId = "node", Tags = ["t"] }, Never);
        Assert.Equal(("p", "DOWN"), (made.Id, made.Status));
        Assert.Equal(["""POST /v2.0/ports {"port":{"network_id":"n","binding:host_id":"node","tags":["t"]}}"""], script.Asked);
    }

    [Fact]
    public async Task Many_are_one_request_where_the_kind_allows_it()
    {
        var script = new Script().Then(201, """{"networks":[{"id":"a"},{"id":"b"}]}""").Then(201, """{"port_pair":{"id":"c"}}""").Then(201, """{"port_pair":{"id":"d"}}""");
        Assert.Equal(["a", "b"], (await script.Client().CreateAsync<Network>([new() { Name = "x" }, new() { Name = "y" }], Never)).Select(network => network.Id));
        Assert.Equal(["c", "d"], (await script.Client().CreateAsync<PortPair>([new(), new()], Never)).Select(pair => pair.Id));
        Assert.Empty(await script.Client().CreateAsync<Network>([], Never));
        Assert.Equal(3, script.Asked.Count);
    }

    [Fact]
    public async Task A_list_is_all_its_pages()
    {
        const string Next = """[{"rel":"next","href":"http://somewhere-else:1/v2.0/ports?marker=b"}]""";
        var script = new Script()
            .Then(200, $$"""{"ports":[{"id":"a"},{"id":"b"}],"ports_links":{{Next}}}""")
            .Then(200, """{"ports":[{"id":"c"}]}""");
        var query = (Query.Where("device_owner", "demilune:pod") with { PageSize = 2, Fields = ["name"] }).And("tags", "a b");
        Assert.Equal(["a", "b", "c"], (await script.Client().ListAsync<Port>(query, Never)).Select(port => port.Id));
        Assert.Equal("GET /v2.0/ports?limit=2&device_owner=demilune%3Apod&tags=a%20b&fields=name&fields=id&marker=b", script.Asked[1]);
    }

    [Fact]
    public async Task A_server_that_always_says_there_is_more_does_not_loop_for_ever()
    {
        const string Next = """[{"rel":"next","href":"x"}]""";
        var script = new Script().Then(200, $$"""{"ports":[{"id":"a"}],"ports_links":{{Next}}}""").Then(200, $$"""{"ports":[],"ports_links":{{Next}}}""");
        Assert.Single(await script.Client().ListAsync<Port>(null, Never));
    }

    [Fact]
    public async Task What_is_not_there_is_null_and_deleting_it_is_no_error()
    {
        const string NotFound = """{"NeutronError":{"type":"PortNotFound","message":"Port x could not be found.","detail":""}}""";
        var script = new Script().Then(404, NotFound).Then(404, NotFound).Then(204, "");
        Assert.Null(await script.Client().FindAsync<Port>("x", Never));
        Assert.False(await script.Client().DeleteAsync<Port>("x", Never));
        Assert.True(await script.Client().DeleteAsync<Port>("x", Never));
    }

    [Fact]
    public async Task An_update_can_insist_on_the_revision_it_was_made_for()
    {
        var script = new Script().Then(412, """{"NeutronError":{"type":"RevisionNumberConstraintFailed","message":"Constrained to 3, but current revision is 4","detail":""}}""");
        var error = await Assert.ThrowsAsync<NeutronException>(() => script.Client().UpdateAsync("p", new Port { Name = "x" }, Never, ifRevision: 3));
        Assert.True(error.IsStale);
        Assert.Equal("""PUT /v2.0/ports/p if=revision_number=3 {"port":{"name":"x"}}""", script.Asked.Single());
    }

    [Fact]
    public async Task Only_an_explicit_later_is_tried_again()
    {
        var script = new Script().Then(503, "", ("Retry-After", "0")).Then(429, "", ("Retry-After", "0")).Then(200, """{"network":{"id":"n"}}""");
        Assert.NotNull(await script.Client().FindAsync<Network>("n", Never));

        foreach (var (status, headers) in ((int, (string, string)[])[])[(503, []), (500, [("Retry-After", "0")]), (429, [("Retry-After", "3600")])])
        {
            var once = new Script().Then(status, "", headers);
            var error = await Assert.ThrowsAsync<NeutronException>(() => once.Client().CreateAsync(new Network(), Never));
            Assert.True(error.IsTransient);
            Assert.Single(once.Asked);
        }
    }

    [Fact]
    public async Task A_refused_token_is_renewed_once()
    {
        var script = new Script().Then(401, "").Then(200, """{"network":{"id":"n"}}""");
        await script.Client(new Tokens()).FindAsync<Network>("n", Never);
        Assert.Equal(["GET /v2.0/networks/n token=1", "GET /v2.0/networks/n token=2"], script.Asked);

        var twice = new Script().Then(401, "").Then(401, """{"error":{"code":401,"title":"Unauthorized","message":"no"}}""");
        var error = await Assert.ThrowsAsync<NeutronException>(() => twice.Client(new Tokens()).FindAsync<Network>("n", Never));
        Assert.Equal((HttpStatusCode.Unauthorized, "Unauthorized", "no"), (error.Status, error.Type, error.Detail));
    }

    [Fact]
    public async Task An_error_names_the_object_the_reason_the_way_out_and_the_request()
    {
        var script = new Script().Then(409, """{"NeutronError":{"type":"OverQuota","message":"Quota exceeded for resources: ['port'].","detail":""}}""",
            ("X-Openstack-Request-Id", "req-1"));
        var error = await Assert.ThrowsAsync<NeutronException>(() => script.Client().CreateAsync(new Port(), Never));
        Assert.True(error.IsOverQuota);
        Assert.Equal("POST ports: 409 OverQuota Quota exceeded for resources: ['port']. Raise the project's quota, or remove what is not needed. (req-1)", error.Message);
    }

    [Theory]
    [InlineData("<html>502 Bad Gateway</html>", "", null)]
    [InlineData("", "", null)]
    [InlineData("[]", "", null)]
    [InlineData("{}", "", null)]
    [InlineData("""{"NeutronError":"old style"}""", "", "old style")]
    [InlineData("""{"NeutronError":{"type":7}}""", "", null)]
    public void An_error_that_is_not_neutrons_is_still_an_error(string body, string type, string? message) =>
        Assert.Equal((type, message), NeutronClient.ParseError(body));

    [Fact]
    public async Task Capabilities_are_what_is_announced()
    {
        var script = new Script().Then(200, """{"extensions":[{"alias":"sfc"},{"alias":"flow_classifier"},{"alias":"demilune-classifier-policy"}]}""");
        var can = await script.Client().DiscoverAsync(Never);
        Assert.True(can.ServiceChaining && can.ClassifierPolicy);
        Assert.False(can.ClassifierAddressGroup || can.AddressGroups);
    }

    [Fact]
    public async Task Quotas_are_read_with_what_is_reserved_and_a_server_that_tells_none_is_no_error()
    {
        var script = new Script().Then(200, """{"quota":{"port":{"limit":500,"used":3,"reserved":1},"router":{"limit":-1,"used":0,"reserved":0},"odd":7}}""").Then(404, "");
        Assert.Equal([new("port", 500, 4), new("router", -1, 0)], await script.Client().QuotasAsync("p", Never));
        Assert.Equal("GET /v2.0/quotas/p/details.json", script.Asked[0]);
        Assert.Empty(await script.Client().QuotasAsync("p", Never));
    }

    [Fact]
    public async Task What_changes_nothing_is_asked_again_when_a_proxy_fails_and_what_does_is_not()
    {
        var script = new Script().Then(502, "").Then(504, "").Then(200, """{"network":{"id":"n"}}""");
        Assert.NotNull(await script.Client().FindAsync<Network>("n", Never));
        var once = new Script().Then(502, "");
        await Assert.ThrowsAsync<NeutronException>(() => once.Client().CreateAsync(new Network(), Never));
        Assert.Single(once.Asked);
    }

    [Fact]
    public async Task A_server_that_is_not_neutron_is_named_as_such()
    {
        var script = new Script().Then(200, """{"hello":"world"}""");
        Assert.Contains("Neutron", (await Assert.ThrowsAsync<System.Text.Json.JsonException>(() => script.Client().DiscoverAsync(Never))).Message);
    }

    private sealed class Tokens : ITokenSource
    {
        public ValueTask<string?> GetTokenAsync(string? refused, CancellationToken ct) => ValueTask.FromResult<string?>(refused is null ? "1" : "2");
    }
}
