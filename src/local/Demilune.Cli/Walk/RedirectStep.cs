namespace Demilune.Cli.Walk;

/// <summary>The network model is there, and only the selected traffic goes through the firewall.</summary>
internal sealed class RedirectStep(Scene scene)
{
    public async Task RunAsync(CancellationToken stop)
    {
        scene.Say("the network model, as any Neutron client reads it:");
        foreach (var (collection, member) in new[]
        {
            ("networks", "networks"), ("ports", "ports"), ("security-groups", "security_groups"), ("address-groups", "address_groups"),
            ("sfc/port_pairs", "port_pairs"), ("sfc/port_pair_groups", "port_pair_groups"), ("sfc/flow_classifiers", "flow_classifiers"), ("sfc/port_chains", "port_chains"),
        })
        {
            var found = await scene.Cluster.NetworkAsync(collection, member, stop);
            scene.Say($"  GET /v2.0/{collection,-22} {found.Count,3}: {string.Join(", ", found.Select(item => (string?)item!["name"]).Where(name => name?.Length > 0).Take(6))}");
            Scene.Need(found.Count > 0, $"the network has no {member}");
        }

        var before = await Traffic.ReadAsync(scene, stop);
        Scene.Need(await scene.StatusOfAsync("client", $"http://{scene.Web}/", stop) == "200", "the client could not reach web through the firewall");
        Scene.Need(await scene.StatusOfAsync("client", $"http://{scene.Web6}/", stop) == "200", "the client could not reach web through the firewall over IPv6");
        var spliced = await Traffic.ReadAsync(scene, stop);
        scene.Say($"client → web, HTTP over IPv4 and IPv6: 2 flows spliced, frames in→out {spliced.IntoIn - before.IntoIn}→{spliced.OutOfOut - before.OutOfOut}, replies out→in {spliced.IntoOut - before.IntoOut}→{spliced.OutOfIn - before.OutOfIn}");
        Scene.Need(spliced.FlowsSpliced == before.FlowsSpliced + 2, $"expected 2 spliced flows, counted {spliced.FlowsSpliced - before.FlowsSpliced}");
        Scene.Need(spliced.IntoIn > before.IntoIn && spliced.IntoIn - before.IntoIn == spliced.OutOfOut - before.OutOfOut, "frames went into the firewall and did not all come out");

        // Not selected by the policy: web's own image of the world stays as it was.
        var perl = "perl -MIO::Socket::INET -e '$l=IO::Socket::INET->new(LocalPort=>9000,Listen=>1,ReuseAddr=>1) or die; $SIG{ALRM}=sub{exit 1}; alarm 5; $c=$l->accept; print $c \"direct\\n\"'";
        var listening = scene.ExecAsync("client", perl, stop);
        var clientAddress = (await scene.Cluster.Kubectl.NeedAsync(stop, "get", "pod", "client", "-n", Scene.Namespace, "-o", "jsonpath={.status.podIP}")).Trim();
        var greeting = await scene.ExecAsync("attacker", $"perl -MIO::Socket::INET -e 'for(1..40){{$s=IO::Socket::INET->new(PeerAddr=>\"{clientAddress}\",PeerPort=>9000,Timeout=>1) and last; select(undef,undef,undef,0.1)}} print <$s>'", stop);
        await listening;
        var direct = await Traffic.ReadAsync(scene, stop);
        scene.Say($"attacker → client, which no policy selects: \"{greeting.Output.Trim()}\", {direct.FlowsDirect - spliced.FlowsDirect} flow(s) direct, {direct.IntoIn - spliced.IntoIn} frames into the firewall");
        Scene.Need(greeting.Output.Trim() == "direct", "traffic that no policy selects did not get through");
        Scene.Need(direct.FlowsDirect > spliced.FlowsDirect && direct.IntoIn == spliced.IntoIn, "traffic that no policy selects went through the firewall");
    }
}
