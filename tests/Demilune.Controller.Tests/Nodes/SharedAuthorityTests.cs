using System.Security.Cryptography.X509Certificates;
using Demilune.Controller.Nodes;
using Demilune.Controller.Tests.Deployment;
using Demilune.Kubernetes.Api;
using Microsoft.Extensions.Logging.Abstractions;

namespace Demilune.Controller.Tests.Nodes;

public sealed class SharedAuthorityTests
{
    private const string Secret = "node-link-authority";

    [Fact]
    public async Task Controllers_that_share_it_are_one_to_their_nodes()
    {
        await using var server = await ApiServer.StartAsync();
        using var api = KubernetesApi.Connect(server.Kubeconfig);
        var root = Directory.CreateTempSubdirectory("controller-authority-").FullName;
        try
        {
            // One of them has been alone until now: its nodes must go on knowing it.
            var alone = Load(root, "one").Authority;
            // Whoever comes second has an authority of his own, and gives it up.
            Load(root, "two");
            await TakeAsync(api, root, "one");
            await Task.WhenAll(TakeAsync(api, root, "two"), TakeAsync(api, root, "three"));
            var all = new[] { Load(root, "one"), Load(root, "two"), Load(root, "three") };
            Assert.All(all, one => Assert.Equal(alone, one.Authority));
            Assert.Single(all.Select(one => one.TokenOf("n1")).Distinct());
            using var authority = X509Certificate2.CreateFromPem(alone);
            foreach (var one in all)
            {
                using var chain = new X509Chain { ChainPolicy = { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, CustomTrustStore = { authority } } };
                Assert.True(chain.Build(one.Certificate));
            }
            Assert.Equal(3, all.Select(one => one.Certificate.SerialNumber).Distinct().Count());
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    [Fact]
    public async Task A_secret_that_lacks_something_is_named()
    {
        await using var server = await ApiServer.StartAsync();
        using var api = KubernetesApi.Connect(server.Kubeconfig);
        await server.KubectlAsync("", "create", "namespace", "demilune-system");
        await server.KubectlAsync("", "create", "secret", "generic", Secret, "-n", "demilune-system", "--from-literal=ca.crt=x");
        var root = Directory.CreateTempSubdirectory("controller-authority-").FullName;
        try
        {
            Assert.Contains("demilune-system/node-link-authority has no \"ca.key\"", (await Assert.ThrowsAsync<IOException>(() => TakeAsync(api, root, "one"))).Message);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static LinkIdentity Load(string root, string name) => LinkIdentity.LoadOrCreate(Path.Combine(root, name), TimeProvider.System);

    private static Task TakeAsync(KubernetesApi api, string root, string name) =>
        new SharedAuthority(api, Secret, Path.Combine(root, name), TimeProvider.System, NullLogger<SharedAuthority>.Instance).TakeAsync(TestContext.Current.CancellationToken);
}
