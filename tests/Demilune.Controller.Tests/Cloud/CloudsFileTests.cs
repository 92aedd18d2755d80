using Demilune.Controller.Cloud;
using Demilune.Neutron.Keystone;

namespace Demilune.Controller.Tests.Cloud;

public sealed class CloudsFileTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("demilune-clouds-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_password_cloud_is_read_with_its_secret_from_beside()
    {
        File.WriteAllText(Path.Combine(_directory, "ca.pem"), "");
        var cloud = Load("""
            clouds:
              other: {}
              home:
                auth:
                  auth_url: https://cloud.example:5000/v3
                  username: demo
                  project_name: shop
                  user_domain_name: People
                  project_domain_id: d1
                region_name: r1
                interface: internalURL
                cacert: ca.pem
                compute_api_version: 2
            """, secure: "clouds: {home: {auth: {password: 'p:w'}}}");
        Assert.Equal(new CloudAccess("home", new("https://cloud.example:5000/v3"), new Credentials.Password(
            new(null, "demo", null, "People"), "p:w", new(null, "shop", "d1", null)))
        { Region = "r1", Interface = "internal" }, cloud.Access);
        Assert.Equal((Path.Combine(_directory, "ca.pem"), true), (cloud.CaFile, cloud.Verify));
    }

    [Fact]
    public void An_application_credential_needs_no_auth_type()
    {
        var cloud = Load("clouds: {home: {auth: {auth_url: 'http://k', application_credential_id: abc, application_credential_secret: s}, verify: false}}");
        Assert.Equal(new Credentials.ApplicationCredential("abc", "s", null), cloud.Access!.Credentials);
        Assert.False(cloud.Verify);
    }

    [Fact]
    public void A_neutron_that_asks_nobody_is_named_by_its_address()
    {
        var cloud = Load("clouds: {home: {auth_type: none, network_endpoint_override: 'http://127.0.0.1:9696'}}");
        Assert.Null(cloud.Access);
        Assert.Equal(new Uri("http://127.0.0.1:9696"), cloud.Endpoint);
    }

    [Theory]
    [InlineData("clouds: {away: {}}", "has no cloud \"home\"; it has away")]
    [InlineData("[]", "it has none")]
    [InlineData("clouds: {home: {auth: {", "clouds.yaml:")]
    [InlineData("clouds: {home: {auth: {auth_url: 'ftp://x'}}}", "auth_url ftp://x is no http or https address")]
    [InlineData("clouds: {home: {auth: {auth_url: 'http://k', username: u, password: p}}}", "project_name")]
    [InlineData("clouds: {home: {auth: {auth_url: 'http://k', username: u, project_name: p}}}", "auth.password is missing")]
    [InlineData("clouds: {home: {auth_type: v3oidcpassword, auth: {auth_url: 'http://k'}}}", "auth_type v3oidcpassword is not supported")]
    [InlineData("clouds: {home: {interface: private, auth: {auth_url: 'http://k', username: u, password: p, project_id: i}}}", "interface private")]
    [InlineData("clouds: {home: {cacert: /nowhere.pem}}", "there is no /nowhere.pem")]
    [InlineData("clouds: {home: {auth_type: none}}", "network_endpoint_override")]
    public void What_makes_no_sense_is_said_with_file_and_key(string text, string expected)
    {
        var error = Assert.Throws<CloudConfigException>(() => Load(text));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Contains(_directory, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_there_is_an_error_of_configuration() =>
        Assert.Throws<CloudConfigException>(() => CloudsFile.Load("home", Path.Combine(_directory, "none.yaml")));

    private CloudConfig Load(string text, string? secure = null)
    {
        File.WriteAllText(Path.Combine(_directory, "clouds.yaml"), text);
        if (secure is not null) File.WriteAllText(Path.Combine(_directory, "secure.yaml"), secure);
        return CloudsFile.Load("home", Path.Combine(_directory, "clouds.yaml"));
    }
}
