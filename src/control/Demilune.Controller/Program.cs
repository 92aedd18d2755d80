using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Reflection;
using Demilune.Controller;
using Demilune.Controller.Cloud;
using Demilune.Controller.Hosting;
using Demilune.Raven;

var kubeconfig = Program.Option("--kubeconfig", "FILE", "How to reach Kubernetes; empty: $KUBECONFIG, ~/.kube/config or the pod's account.", "");
var data = Program.Option("--data-directory", "DIR", "The network's database and the alerts' file.", "/var/lib/demilune/controller");
var cluster = Program.Option("--cluster-name", "NAME", "Marks this cluster's objects in the network.", "local");
var linkDirectory = Program.Option("--node-link-directory", "DIR", "The node link's certificates and keys; made if missing.", "/var/lib/demilune/node-link");
var nodeTokens = Program.Option("--node-tokens", "NODE,…", "Write what the agents of these nodes need to attach to DIR/nodes/NODE (ca.crt, token); none: agents are pods and have tokens of the cluster.", "none");
var linkSecret = Program.Option("--node-link-secret", "NAME", "Share the node link's authority with other controllers through this Secret of demilune-system; none: this controller is the only one.", "none");
var advertise = Program.Option("--advertise-address", "IP", "By which the node link and REST are reached from elsewhere: the Service demilune-controller, if it has no selector, leads here while this controller leads; none: Kubernetes knows.", "none");
var agentRun = Program.Option("--agent-run-directory", "DIR", "The node agents' run directory.", "/run/demilune");
var v4 = Program.Option("--pod-network-v4", "CIDR", "The pods' IPv4 prefix, or none.", "10.244.0.0/16");
var v6 = Program.Option("--pod-network-v6", "CIDR", "The pods' IPv6 prefix, or none.", "fd00:244::/64");
var services = Program.Option("--service-networks", "CIDR,…", "Where Services have their addresses (the API server's --service-cluster-ip-range): routers' gateways leave them to the nodes; none: there are none.", "10.96.0.0/12");
var listen = Program.Option("--listen-address", "ADDRESS", "Where node link and REST listen; 0.0.0.0 or ::: everywhere. REST answers only this machine.", "127.0.0.1");
var linkPort = Program.Option("--link-port", "PORT", "Node link, https; 0: any free one.", "7443");
var restPort = Program.Option("--rest-port", "PORT", "REST, http; 0: any free one.", "7480");
var neutronPort = Program.Option("--neutron-port", "PORT", "Neutron's API, http on 127.0.0.1; 0: any free one.", "9696");
var neutronIdentity = Program.Option("--neutron-identity", "FILE", "Users of Neutron's API, who then need tokens of the identity service at its /identity/v3; none: nobody is asked.", "none");
var neutronKeystone = Program.Option("--neutron-keystone", "URL", "The Keystone (…/v3) whose tokens Neutron's API asks for; none: nobody is asked.", "none");
var consolePort = Program.Option("--console-port", "PORT", "The web console, http on 127.0.0.1; 0: any free one.", "7481");
var syslog = Program.Option("--alert-syslog", "URL", "Send alerts as syslog too: udp://HOST:PORT or tcp://HOST:PORT; none: do not.", "none");
var webhook = Program.Option("--alert-webhook", "URL", "POST alerts there too, as lines of JSON; none: do not.", "none");
var otlp = Program.Option("--alert-otlp", "URL", "Send alerts to this OpenTelemetry collector too (OTLP over HTTP), for example http://collector:4318; none: do not.", "none");
var traces = Program.Option("--trace-otlp", "URL", "Send each finished job as a trace to this OpenTelemetry collector (OTLP over HTTP); none: do not.", "none");
var mailServer = Program.Option("--alarm-mail-server", "URL", "Mail alarms through this server: smtp://[USER@]HOST:PORT (TLS if the server offers it) or smtps://…; none: do not.", "none");
var mailPassword = Program.Option("--alarm-mail-password-file", "FILE", "The password of USER; none: there is none.", "none");
var mailFrom = Program.Option("--alarm-mail-from", "ADDRESS", "Who the mail is from.", "demilune@localhost");
var mailTo = Program.Option("--alarm-mail-to", "ADDRESS,…", "Who gets it.", "root@localhost");
var logFormat = Program.Option("--log-format", "FORMAT", "text, or json: an object a line.", "text");
var etcd = Program.Option("--etcd-endpoints", "URL,…", "Keep the built-in network in this etcd, so that several controllers share it (etcd needs --max-txn-ops=10000); none: in a file of the data directory.", "none");
var etcdAuthority = Program.Option("--etcd-ca-file", "FILE", "Who may have signed etcd's certificate; none: whom this machine trusts.", "none");
var etcdCertificate = Program.Option("--etcd-cert-file", "FILE", "By which etcd knows us; none: by nothing.", "none");
var etcdKey = Program.Option("--etcd-key-file", "FILE", "The key of that certificate.", "none");
var osCloud = Program.Option("--os-cloud", "NAME", "The cloud of clouds.yaml whose Neutron is to be the network (also OS_CLOUD); empty: the built-in one.", "", "OS_CLOUD");
var osConfig = Program.Option("--os-client-config-file", "FILE", "clouds.yaml (also OS_CLIENT_CONFIG_FILE); empty: where OpenStack's tools look.", "", "OS_CLIENT_CONFIG_FILE");
var steering = Program.Option("--steering", "splice|sfc", "Who leads traffic through firewalls: the nodes, or the cloud's port chains (networking-sfc).", "splice");
steering.AcceptOnlyFromAmong("splice", "sfc");
var overlay = Program.Option("--overlay", "none|vxlan", "How pods on different nodes reach each other: the network between the nodes routes their addresses, or the nodes tunnel.", "none");
overlay.AcceptOnlyFromAmong("none", "vxlan");
var overlayPort = Program.Option("--overlay-port", "PORT", "UDP port of the tunnels; the nodes must reach each other there.", "4789");
var overlayMtu = Program.Option("--overlay-mtu", "BYTES", "What fits into a tunnel: the MTU of the network between the nodes less 50, over IPv6 less 70.", "1450");
var spareLeast = Program.Option("--port-pool-min", "PORTS", "In a cloud: when fewer than these are ready for pods to come, more are made. Of the cluster, with --steering sfc of each node.", "10");
var spareMost = Program.Option("--port-pool-max", "PORTS", "In a cloud: how many are made ready; 0: none, and each pod waits for its own.", "30");
var remove = new Option<bool>("--remove-network") { Description = "Remove everything of this cluster from the cloud's network, then exit. Stop the controller first." };
var networkOnly = new Option<bool>("--network-only") { Description = "Serve the built-in network's Neutron API, and nothing else: no Kubernetes is needed." };
var root = new RootCommand(
    "The controller: turns Kubernetes' policies into a network (Raven), keeps the firewalls alive (orchestrator), and tells every node what "
    + "to be. Every option may also be set as DEMILUNE_KUBECONFIG, DEMILUNE_DATA_DIRECTORY, … in the environment. On SIGTERM it stops; nodes go on "
    + "enforcing what they were told last.")
{
    kubeconfig, data, cluster, linkDirectory, nodeTokens, linkSecret, advertise, agentRun, v4, v6, services, listen, linkPort, restPort, neutronPort, neutronIdentity, neutronKeystone, consolePort, syslog, webhook, otlp, traces,
    mailServer, mailPassword, mailFrom, mailTo, logFormat,
    etcd, etcdAuthority, etcdCertificate, etcdKey, osCloud, osConfig, steering, overlay, overlayPort, overlayMtu, spareLeast, spareMost, remove, networkOnly,
};
foreach (var port in (Option<string>[])[linkPort, restPort, neutronPort, consolePort])
    port.Validators.Add(result =>
    {
        if (!ushort.TryParse(result.GetValueOrDefault<string>(), NumberStyles.None, CultureInfo.InvariantCulture, out _))
            result.AddError($"{port.Name} must be a port number, 0 to 65535.");
    });
overlayPort.Validators.Add(result => Within(result, overlayPort, 1, ushort.MaxValue));
overlayMtu.Validators.Add(result => Within(result, overlayMtu, 1_280, ushort.MaxValue));      // below, IPv6 does not work (RFC 8200 §5)
foreach (var ports in (Option<string>[])[spareLeast, spareMost]) ports.Validators.Add(result => Within(result, ports, 0, 10_000));
listen.Validators.Add(result =>
{
    if (!IPAddress.TryParse(result.GetValueOrDefault<string>(), out _)) result.AddError("--listen-address must be an IP address.");
});
advertise.Validators.Add(result =>
{
    if (result.GetValueOrDefault<string>() is var text and not "none" && !IPAddress.TryParse(text, out _)) result.AddError("--advertise-address must be an IP address, or none.");
});
nodeTokens.Validators.Add(result =>
{
    // Names of directories.
    if (result.GetValueOrDefault<string>() is var names and not "none" && names.Split(',').Any(name => name.Length == 0 || name[0] is '.' or '-' || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.')))
        result.AddError("--node-tokens must be names of nodes with commas between them, or none.");
});
foreach (var prefix in (Option<string>[])[v4, v6])
    prefix.Validators.Add(result =>
    {
        if (result.GetValueOrDefault<string>() is var text and not "none" && (!IPNetwork.TryParse(text, out var network) || network.BaseAddress.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork != (prefix == v4)))
            result.AddError($"{prefix.Name} must be {(prefix == v4 ? "an IPv4 prefix such as 10.244.0.0/16" : "an IPv6 prefix such as fd00:244::/64")}, or none.");
    });
services.Validators.Add(result =>
{
    if (result.GetValueOrDefault<string>() is var text and not "none" && !text!.Split(',').All(prefix => IPNetwork.TryParse(prefix, out _)))
        result.AddError("--service-networks must be prefixes such as 10.96.0.0/12 with commas between them, or none.");
});
foreach (var (option, schemes) in new[]
    { (syslog, "udp tcp"), (webhook, "http https"), (otlp, "http https"), (traces, "http https"), (mailServer, "smtp smtps"), (neutronKeystone, "http https") })
    option.Validators.Add(result =>
    {
        if (result.GetValueOrDefault<string>() is var url and not "none" && (!Uri.TryCreate(url, UriKind.Absolute, out var parsed) || !schemes.Split(' ').Contains(parsed.Scheme)))
            result.AddError($"{option.Name} must be a URL of {schemes.Replace(" ", " or ", StringComparison.Ordinal)}, or none.");
    });
etcd.Validators.Add(result =>
{
    if (result.GetValueOrDefault<string>() is var urls and not "none" && !urls.Split(',').All(url => Uri.TryCreate(url, UriKind.Absolute, out var parsed) && parsed.Scheme is "http" or "https"))
        result.AddError("--etcd-endpoints must be URLs of http or https with commas between them, or none.");
});
foreach (var address in (Option<string>[])[mailFrom, mailTo])
    address.Validators.Add(result =>
    {
        if (!MimeKit.InternetAddressList.TryParse(result.GetValueOrDefault<string>(), out _)) result.AddError($"{address.Name} must be mail addresses, with commas between them.");
    });
root.Validators.Add(result =>
{
    if (result.GetValue(neutronIdentity) is not (null or "none") && result.GetValue(neutronKeystone) is not (null or "none"))
        result.AddError("--neutron-identity and --neutron-keystone exclude each other: tokens come from one of them.");
});
logFormat.AcceptOnlyFromAmong("text", "json");
root.SetAction((parsed, stop) =>
{
    var options = new ControllerOptions(
        parsed.GetValue(kubeconfig), parsed.GetValue(data)!, parsed.GetValue(cluster)!, parsed.GetValue(linkDirectory)!,
        parsed.GetValue(agentRun)!, Said(v4), Said(v6))
    {
        ListenAddress = IPAddress.Parse(parsed.GetValue(listen)!),
        NodeTokens = [.. Said(nodeTokens).Split(',', StringSplitOptions.RemoveEmptyEntries)],
        NodeLinkSecret = Said(linkSecret),
        AdvertiseAddress = Said(advertise) is { Length: > 0 } address ? IPAddress.Parse(address) : null,
        LinkPort = Port(linkPort),
        RestPort = Port(restPort),
        NeutronPort = Port(neutronPort),
        NeutronIdentity = Said(neutronIdentity),
        NeutronKeystone = Url(neutronKeystone),
        ConsolePort = Port(consolePort),
        AlertSyslog = Url(syslog),
        AlertWebhook = Url(webhook),
        AlertOtlp = Url(otlp),
        TraceOtlp = Url(traces),
        AlarmMail = Url(mailServer) is { } server ? new(server, parsed.GetValue(mailFrom)!, parsed.GetValue(mailTo)!, File(mailPassword)) : null,
        JsonLog = parsed.GetValue(logFormat) == "json",
        Steering = parsed.GetValue(steering) == "sfc" ? SteeringDriver.PortChains : SteeringDriver.Splice,
        Overlay = parsed.GetValue(overlay) == "vxlan",
        OverlayPort = Port(overlayPort),
        OverlayMtu = Port(overlayMtu),
        ServiceNetworks = Said(services).Split(',', StringSplitOptions.RemoveEmptyEntries),
        LeastSparePorts = Port(spareLeast),
        MostSparePorts = Port(spareMost),
        Etcd = parsed.GetValue(etcd) is { } endpoints and not "none"
            ? new([.. endpoints.Split(',').Select(url => new Uri(url))], $"/demilune/{parsed.GetValue(cluster)}/network/", File(etcdAuthority), File(etcdCertificate), File(etcdKey)) : null,
        OsCloud = parsed.GetValue(osCloud)!,
        OsClientConfigFile = parsed.GetValue(osConfig)!,
    };
    return parsed.GetValue(remove) ? CloudRemoval.RunAsync(options, Console.Out, Console.Error, stop)
        : parsed.GetValue(networkOnly) ? NetworkHost.RunAsync(options, Console.Out, stop)
        : ControllerHost.RunAsync(options, stop);

    // An argument cannot be empty.
    string Said(Option<string> option) => parsed.GetValue(option) is { } value and not "none" ? value : "";
    Uri? Url(Option<string> option) => parsed.GetValue(option) is { } url and not "none" ? new Uri(url) : null;
    string? File(Option<string> option) => parsed.GetValue(option) is { } file and not "none" ? file : null;
    int Port(Option<string> option) => int.Parse(parsed.GetValue(option)!, CultureInfo.InvariantCulture);
});
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(10) });

internal static partial class Program
{
    public static string Version { get; } =
        typeof(Program).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";

    public static void Within(System.CommandLine.Parsing.OptionResult result, Option<string> option, int least, int most)
    {
        if (!int.TryParse(result.GetValueOrDefault<string>(), NumberStyles.None, CultureInfo.InvariantCulture, out var value) || value < least || value > most)
            result.AddError($"{option.Name} must be {least} to {most}.");
    }

    /// <param name="customary">A variable by which other tools know the same thing; ours goes first.</param>
    public static Option<string> Option(string name, string value, string description, string fallback, string? customary = null)
    {
        var variable = "DEMILUNE_" + name.TrimStart('-').Replace('-', '_').ToUpperInvariant();
        return new(name)
        {
            Description = description,
            HelpName = value,
            DefaultValueFactory = _ => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } set ? set
                : customary is not null && Environment.GetEnvironmentVariable(customary) is { Length: > 0 } known ? known : fallback,
        };
    }
}
