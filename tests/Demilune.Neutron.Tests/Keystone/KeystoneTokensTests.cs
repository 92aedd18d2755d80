using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Demilune.Neutron.Keystone;
using Microsoft.Extensions.Time.Testing;

namespace Demilune.Neutron.Tests.Keystone;

public sealed class KeystoneTokensTests
{
    private static readonly CancellationToken Never = CancellationToken.None;
    private static readonly Credentials.Password Demo = new(new(null, "demo", null, "Default"), "secret", new("p1", null, null, null));

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task A_password_logs_in_to_a_project_and_the_catalog_says_where_neutron_is()
    {
        var keystone = new Keystone(_time);
        using var tokens = Tokens(keystone, Demo);
        Assert.Equal("token-1", await tokens.GetTokenAsync(null, Never));
        Assert.Equal(new Uri("http://net.r1:9696/base"), await tokens.GetEndpointAsync(Never));
        Assert.Equal(
            ["""http://keystone:5000/v3/auth/tokens {"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"demo","domain":{"name":"Default"},"password":"secret"}}},"scope":{"project":{"id":"p1"}}}}"""],
            keystone.Asked);
    }

    [Fact]
    public async Task An_application_credential_is_not_scoped_because_it_has_its_project()
    {
        var keystone = new Keystone(_time);
        using var tokens = Tokens(keystone, new Credentials.ApplicationCredential("abc", "secret", null));
        await tokens.GetTokenAsync(null, Never);
        Assert.EndsWith(
            """{"auth":{"identity":{"methods":["application_credential"],"application_credential":{"id":"abc","secret":"secret"}}}}""", keystone.Asked.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_is_renewed_before_it_expires_and_when_it_is_refused()
    {
        var keystone = new Keystone(_time) { Life = TimeSpan.FromHours(1) };
        using var tokens = Tokens(keystone, Demo);
        Assert.Equal("token-1", await tokens.GetTokenAsync(null, Never));
        _time.Advance(TimeSpan.FromMinutes(57));
        Assert.Equal("token-1", await tokens.GetTokenAsync(null, Never));
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal("token-2", await tokens.GetTokenAsync(null, Never));
        Assert.Equal("token-3", await tokens.GetTokenAsync("token-2", Never));
        // Somebody else was refused with the same one: it has been renewed for him too.
        Assert.Equal("token-3", await tokens.GetTokenAsync("token-2", Never));
    }

    [Fact]
    public async Task A_keystone_that_rests_stops_nobody_whose_token_is_still_good()
    {
        var keystone = new Keystone(_time) { Life = TimeSpan.FromHours(1) };
        using var tokens = Tokens(keystone, Demo);
        await tokens.GetTokenAsync(null, Never);
        keystone.Status = 503;
        _time.Advance(TimeSpan.FromMinutes(59));
        Assert.Equal("token-1", await tokens.GetTokenAsync(null, Never));
        _time.Advance(TimeSpan.FromMinutes(1));
        await Assert.ThrowsAsync<CloudAccessException>(async () => await tokens.GetTokenAsync(null, Never));
    }

    [Fact]
    public async Task Many_at_once_log_in_once()
    {
        var keystone = new Keystone(_time);
        using var tokens = Tokens(keystone, Demo);
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(async () => await tokens.GetTokenAsync(null, Never))));
        Assert.Single(keystone.Asked);
    }

    [Fact]
    public async Task A_refusal_names_the_cloud_the_user_the_request_and_the_way_out_but_no_secret()
    {
        var keystone = new Keystone(_time) { Status = 401 };
        using var tokens = Tokens(keystone, Demo);
        var refusal = await Assert.ThrowsAsync<CloudAccessException>(async () => await tokens.GetTokenAsync(null, Never));
        Assert.Equal(
            "cloud \"home\": POST http://keystone:5000/v3/auth/tokens as user demo in project p1: 401 The request you have made requires authentication. Check user, domains, project and secret. (req-9)",
            refusal.Message);
        Assert.DoesNotContain("secret\"", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("r2", "public", "http://net.r2:9696")]
    [InlineData(null, "internal", "http://inside.r1:9696")]
    [InlineData("r3", "public", null)]
    public async Task Region_and_interface_choose_the_endpoint(string? region, string face, string? endpoint)
    {
        using var tokens = Tokens(new Keystone(_time), Demo, region, face);
        if (endpoint is null)
            Assert.Contains("region r3", (await Assert.ThrowsAsync<CloudAccessException>(async () => await tokens.GetEndpointAsync(Never))).Message, StringComparison.Ordinal);
        else Assert.Equal(new Uri(endpoint), await tokens.GetEndpointAsync(Never));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("<html>")]
    [InlineData("""{"token":{"expires_at":7}}""")]
    public async Task What_is_no_keystone_is_named_as_such(string body)
    {
        using var tokens = Tokens(new Keystone(_time) { Body = body }, Demo);
        await Assert.ThrowsAsync<CloudAccessException>(async () => await tokens.GetTokenAsync(null, Never));
    }

    [Fact]
    public async Task The_client_goes_where_the_catalog_says()
    {
        var keystone = new Keystone(_time);
        using var http = new HttpClient(keystone);
        using var tokens = new KeystoneTokens(http, new CloudAccess("home", new("http://keystone:5000"), Demo), _time);
        var client = new NeutronClient(http, tokens, TimeProvider.System);
        await Assert.ThrowsAsync<NeutronException>(() => client.FindAsync<Network>("n", Never));
        Assert.Equal("http://net.r1:9696/base/v2.0/networks/n token-1 ", keystone.Asked[1]);
    }

    private KeystoneTokens Tokens(Keystone keystone, Credentials credentials, string? region = null, string face = "public") =>
        new(new HttpClient(keystone), new CloudAccess("home", new("http://keystone:5000"), credentials) { Region = region, Interface = face }, _time);

    /// <summary>Says yes, with a new token each time, unless told otherwise.</summary>
    private sealed class Keystone(TimeProvider time) : HttpMessageHandler
    {
        private int _given;

        public List<string> Asked { get; } = [];
        public TimeSpan Life { get; init; } = TimeSpan.FromHours(1);
        public int Status { get; set; } = 201;
        public string? Body { get; init; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var token = request.Headers.TryGetValues("X-Auth-Token", out var tokens) ? tokens.Single() + " " : "";
            Asked.Add($"{request.RequestUri} {token}{(request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken))}");
            if (request.Method == HttpMethod.Get) return new(HttpStatusCode.InternalServerError);
            var ends = (time.GetUtcNow() + Life).ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture);
            var answer = new HttpResponseMessage((HttpStatusCode)Status)
            {
                Content = new StringContent(
                    Status != 201 ? """{"error":{"code":401,"title":"Unauthorized","message":"The request you have made requires authentication."}}"""
                    : Body ?? $$$"""
                        {"token":{"expires_at":{{{JsonSerializer.Serialize(ends)}}},"catalog":[{"type":"compute","endpoints":[]},{"type":"network","endpoints":[
                        {"interface":"public","region_id":"r1","url":"http://net.r1:9696/base"},{"interface":"internal","region_id":"r1","url":"http://inside.r1:9696"},
                        {"interface":"public","region_id":"r2","url":"http://net.r2:9696"}]}]}}
                        """, Encoding.UTF8, "application/json"),
            };
            answer.Headers.Add("X-Openstack-Request-Id", "req-9");
            if (Status == 201) answer.Headers.Add("X-Subject-Token", $"token-{++_given}");
            return answer;
        }
    }
}
