using Demilune.Bench;
using Demilune.Bench.Clouds;
using Demilune.Bench.Policies;

return args switch
{
    ["judge", "--only", var name, .. var rules] when rules.Length > 0 => Judging.Run(name, rules),
    ["judge", .. var rules] when rules.Length > 0 => Judging.Run("", rules),
    ["flows", var connections] => ManyFlows.Run(int.Parse(connections)),
    ["capture", var file, var connections] => Traffic.Write(file, int.Parse(connections)),
    ["rules", var file, var count] => Synthetic.Write(file, int.Parse(count)),
    ["policies", .. var sizes] => await PolicyScale.RunAsync(sizes.Length == 0 ? [1_000, 5_000, 10_000, 50_000] : sizes.Select(int.Parse)),
    ["enforce", var pods, var perSecond, var seconds] => await EnforcementLatency.RunAsync(int.Parse(pods), int.Parse(perSecond), int.Parse(seconds)),
    ["ports", var perPort, var perChange] => await PortWaits.RunAsync(TimeSpan.FromSeconds(double.Parse(perPort)), TimeSpan.FromSeconds(double.Parse(perChange))),
    ["sync", var pods, var policies] => await FirstSync.RunAsync(int.Parse(pods), int.Parse(policies)),
    ["neutron", var endpoint, var seconds] => await RequestRate.RunAsync(new Uri(endpoint), TimeSpan.FromSeconds(double.Parse(seconds))),
    ["tunnels", var seconds] => Tunnels.Run(TimeSpan.FromSeconds(double.Parse(seconds))),
    ["forward", var inside, var outside] => Forwarder.Run(inside, outside),
    ["answer", var port] => await RoundTrips.AnswerAsync(int.Parse(port)),
    ["ask", var host, var port, var seconds] => await RoundTrips.AskAsync(host, int.Parse(port), TimeSpan.FromSeconds(double.Parse(seconds))),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("""
        demilune-bench: the pieces of bench/run.sh.
          demilune-bench judge [--only EXCHANGE] RULES...  what judging costs without a wire, and the prefilter alone
          demilune-bench capture FILE CONNECTIONS writes a capture of browsers and downloads
          demilune-bench rules FILE COUNT         writes rules that nobody wrote, the same ones each time
          demilune-bench flows CONNECTIONS        memory, delay and pauses with very many connections, and a flood of SYNs
          demilune-bench policies [PODS…]         what an event costs the controller, by size of the cluster
          demilune-bench enforce PODS EVENTS-PER-SECOND SECONDS  from an event until all kernels judge by it (root)
          demilune-bench ports MAKE CHANGE        how long pods wait for ports in a cloud that takes MAKE seconds to make one and CHANGE to change it, with a pool and without
          demilune-bench sync PODS POLICIES       all of a cluster onto an empty network: time, memory, requests
          demilune-bench neutron URL SECONDS      requests a second of a Neutron (its token in OS_TOKEN); see bench/neutron.sh
          demilune-bench tunnels SECONDS          between pods of two nodes, beside the kernel's VXLAN and bridge; each of its figures takes five times so long (root)
          demilune-bench forward IN OUT           forwards between two interfaces without looking
          demilune-bench answer PORT              answers each byte with a byte
          demilune-bench ask HOST PORT SECONDS    prints median and 99th percentile of the round trip in microseconds
        """);
    return 2;
}
