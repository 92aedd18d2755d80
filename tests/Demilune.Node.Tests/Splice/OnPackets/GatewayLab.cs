using System.Net;
using Demilune.Contracts.Nodes;
using Demilune.Linux.Netlink;

namespace Demilune.Node.Tests.Splice.OnPackets;

/// <summary>A node with pods behind a router, the router's gateway, and a world outside: 203.0.113.0/24, 2001:db8:98::/64. Made once for a class, when it is first needed.</summary>
public sealed class GatewayLab : IDisposable
{
    private const uint Domain = 65535;
    private readonly Lazy<Made> _made = new(() => new());

    internal static IPAddress Own { get; } = IPAddress.Parse("203.0.113.9");

    /// <summary>Of the network outside.</summary>
    internal static IPAddress World6 { get; } = IPAddress.Parse("2001:db8:98::5");

    internal Lab Lab => _made.Value.Lab;
    internal World World => _made.Value.World;
    internal Gateway Gateway => _made.Value.Gateway;

    /// <summary>10.9.0.5 and fd09::5, which take anything.</summary>
    internal LabPod Pod => _made.Value.Pod;

    /// <summary>10.9.0.6, likewise.</summary>
    internal LabPod Other => _made.Value.Other;

    /// <summary>10.9.0.7, which takes and sends nothing but what a test says.</summary>
    internal LabPod Guarded => _made.Value.Guarded;

    /// <summary>Puts these floating addresses in force and no others; 203.0.113.N is 10.9.0.M.</summary>
    internal void Float(params (int Outside, int Inside)[] floating)
    {
        Gateway.Floating.Clear();
        Gateway.Floating.AddRange(floating.Select(one => new FloatingAddress { Id = $"f{one.Outside}", Outside = $"203.0.113.{one.Outside}", Inside = $"10.9.0.{one.Inside}" }));
        Lab.Apply();
    }

    /// <summary>A router for pods of 10.9.0.0/24 and fd09::/64, with its default routes.</summary>
    internal static Router NewRouter() => new()
    {
        Id = "router", Number = Domain, Prefixes = { "10.9.0.0/24", "fd09::/64" },
        Routes = { new Route { Prefix = "0.0.0.0/0", NextHop = "10.9.0.1" }, new Route { Prefix = "::/0", NextHop = "fd09::" } },
    };

    /// <summary>Gives a node the gateway of the router.</summary>
    internal static Gateway AddGateway(Lab lab, Router router, params OnLink[] addresses)
    {
        Port port = new()
        {
            Id = $"{Random.Shared.Next():x8}-gateway", Network = Domain, Mac = "02:00:00:00:97:01", Mtu = lab.Mtu, AdminStateUp = true, Apart = true, Addresses = { "10.9.0.1", "fd09::" },
        };
        lab.State.Ports.Add(port);
        return router.Gateway = new() { PortId = port.Id, Translates = true, Addresses = { addresses } };
    }

    public void Dispose()
    {
        if (!_made.IsValueCreated) return;
        World.Dispose();
        Lab.Dispose();
    }

    private sealed class Made
    {
        public Made()
        {
            World = new(Lab);
            Lab.Router = NewRouter();
            Lab.State.Routers.Add(Lab.Router);
            Lab.Router.Routes.Add(new Route { Prefix = "10.96.0.0/12" });
            Pod = Lab.Free(Lab.AddPod("10.9.0.5", "fd09::5"));
            Other = Lab.Free(Lab.AddPod("10.9.0.6"));
            foreach (var pod in new[] { Pod, Other }) Lab.Group(pod, Lab.In(4), Lab.In(6));
            Guarded = Lab.AddPod("10.9.0.7");
            Gateway = AddGateway(Lab, Lab.Router,
                new OnLink { Address = $"{Own}/24", Gateway = World.Address.ToString() }, new OnLink { Address = "2001:db8:98::9/64", Gateway = World6.ToString() });
            World.Netns.Run(() =>
            {
                using RouteNetlink netlink = new();
                var link = netlink.FindLink("eth0")!;
                netlink.AddAddress(link.Index, World6, 64);
                netlink.AddRoute(link.Index, IPAddress.Parse("fd09::"), 64, IPAddress.Parse("2001:db8:98::9"));
            });
            Lab.Apply();
        }

        public Lab Lab { get; } = new() { Mtu = 1450 };
        public World World { get; }
        public Gateway Gateway { get; }
        public LabPod Pod { get; }
        public LabPod Other { get; }
        public LabPod Guarded { get; }
    }
}
