using System.Diagnostics;
using Demilune.Neutron;

namespace Demilune.Bench.Clouds;

/// <summary>How many requests of each sort a Neutron answers in a second: the same ones to whichever it is.</summary>
internal static class RequestRate
{
    private const int Clients = 4;

    /// <param name="endpoint">Without version. A token is taken from OS_TOKEN.</param>
    public static async Task<int> RunAsync(Uri endpoint, TimeSpan each)
    {
        using var http = new HttpClient { BaseAddress = endpoint, Timeout = TimeSpan.FromSeconds(60) };
        var neutron = new NeutronClient(http, new GivenToken(Environment.GetEnvironmentVariable("OS_TOKEN")), TimeProvider.System);
        var network = await neutron.CreateAsync(new Network { Name = "demilune-bench" }, default);
        await neutron.CreateAsync(new Subnet { NetworkId = network.Id, IpVersion = 4, Cidr = "10.96.0.0/16", EnableDhcp = false }, default);
        var group = await neutron.CreateAsync(new SecurityGroup { Name = "demilune-bench" }, default);
        try
        {
            var ports = new Stack<string>();
            var gate = new Lock();
            await MeasureAsync("make a port", each, async () => Keep((await neutron.CreateAsync(new Port { NetworkId = network.Id, SecurityGroups = [group.Id] }, default)).Id));
            var some = ports.ToArray();
            await MeasureAsync("show a port", each, () => neutron.FindAsync<Port>(some[Random.Shared.Next(some.Length)], default));
            await MeasureAsync("list the project's groups with their rules", each, () => neutron.ListAsync<SecurityGroup>(null, default));
            await MeasureAsync("change a port", each, () => neutron.UpdateAsync(some[Random.Shared.Next(some.Length)], new Port { Name = $"{Random.Shared.Next()}" }, default));
            await MeasureAsync("make and delete a rule", each, async () =>
            {
                var port = Random.Shared.Next(1, 65_000);
                var rule = await neutron.CreateAsync(new SecurityGroupRule { SecurityGroupId = group.Id, Direction = "ingress", Protocol = "tcp", PortRangeMin = port, PortRangeMax = port + Random.Shared.Next(500) }, default);
                await neutron.DeleteAsync<SecurityGroupRule>(rule.Id, default);
            });
            await MeasureAsync("delete a port", each, async () =>
            {
                string? id;
                lock (gate) ports.TryPop(out id);
                if (id is null) return false;
                await neutron.DeleteAsync<Port>(id, default);
                return true;
            });

            void Keep(string id)
            {
                lock (gate) ports.Push(id);
            }
        }
        finally
        {
            foreach (var port in await neutron.ListAsync<Port>(Query.Where("network_id", network.Id), default)) await neutron.DeleteAsync<Port>(port.Id, default);
            await neutron.DeleteAsync<SecurityGroup>(group.Id, default);
            await neutron.DeleteAsync<Network>(network.Id, default);
        }
        return 0;
    }

    private static Task MeasureAsync(string what, TimeSpan each, Func<Task> request) => MeasureAsync(what, each, async () =>
    {
        await request();
        return true;
    });

    private static async Task MeasureAsync(string what, TimeSpan each, Func<Task<bool>> request)
    {
        var (count, clock) = (0, Stopwatch.StartNew());
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => Task.Run(async () =>
        {
            while (clock.Elapsed < each && await request()) Interlocked.Increment(ref count);
        })));
        Console.WriteLine($"{what}\t{count / clock.Elapsed.TotalSeconds:0.0}");
    }

    private sealed class GivenToken(string? token) : ITokenSource
    {
        public ValueTask<string?> GetTokenAsync(string? refused, CancellationToken ct) => ValueTask.FromResult(token);
    }
}
