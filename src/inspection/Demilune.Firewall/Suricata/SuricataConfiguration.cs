using System.Globalization;
using System.Text;
using Demilune.Rules.Headers;

namespace Demilune.Firewall.Suricata;

/// <summary>What Suricata is told in files. Pure: texts.</summary>
/// <remarks>
/// Strict wherever it has the choice: what it cannot follow does not pass, streams are inspected to their end. Its tenants are our policies,
/// by the 802.1Q tag; frames of a tag without a tenant meet the default rules, which drop everything.
/// </remarks>
internal static class SuricataConfiguration
{
    /// <summary>The rules of frames that no tenant is there for.</summary>
    public const string NoPolicy = "drop ip any any -> any any (msg:\"no policy for this tag\"; noalert; sid:1; rev:1;)\n";

    public const string MainFile = "suricata.yaml", NoPolicyFile = "no-policy.rules", CommandSocket = "command.sock", EventSocket = "eve.sock", LogFile = "suricata.log";

    /// <summary>Protocols that it parses only if told so.</summary>
    private static readonly string[] Protocols =
    [
        "tls", "dcerpc", "ftp", "rdp", "ssh", "http2", "smtp", "smb", "nfs", "tftp", "http", "modbus", "dnp3", "enip", "ntp", "quic", "dhcp", "sip", "rfb", "mqtt",
        "pgsql", "telnet", "snmp", "krb5", "ike", "bittorrent-dht",
    ];

    /// <param name="directory">Where it runs.</param>
    /// <param name="files">Where its classification.config and the like are.</param>
    public static string Process(string directory, string files, string inside, string outside) => new StringBuilder(Head(files)).Append(CultureInfo.InvariantCulture, $$"""
        default-log-dir: {{Quote(directory)}}
        default-rule-path: {{Quote(directory)}}
        rule-files: [{{NoPolicyFile}}]
        unix-command: {enabled: yes, filename: {{Quote(Path.Combine(directory, CommandSocket))}} }
        logging:
          default-log-level: info
          outputs:
            - console: {enabled: yes, type: json}
            - file: {enabled: yes, type: json, filename: {{Quote(Path.Combine(directory, LogFile))}} }
        outputs:
          - eve-log:
              enabled: yes
              filetype: unix_stream
              filename: {{Quote(Path.Combine(directory, EventSocket))}}
              ethernet: yes
              types:
                - alert: {payload: yes, payload-printable: yes, payload-buffer-size: 4kb, http-body: no, metadata: yes, tagged-packets: no}
                - anomaly: {enabled: no}
        stats: {enabled: yes, interval: 1}
        vlan: {use-for-tracking: true}
        multi-detect: {enabled: yes, selector: vlan, loaders: 1, default: yes}
        exception-policy: drop-packet
        max-pending-packets: 4096
        af-packet:
          - {interface: {{inside}}, copy-iface: {{outside}}, copy-mode: ips, cluster-id: 97, cluster-type: cluster_flow, threads: 1, use-mmap: yes, tpacket-v3: no, defrag: no, ring-size: 8192}
          - {interface: {{outside}}, copy-iface: {{inside}}, copy-mode: ips, cluster-id: 98, cluster-type: cluster_flow, threads: 1, use-mmap: yes, tpacket-v3: no, defrag: no, ring-size: 8192}
        stream: {inline: yes, checksum-validation: yes, midstream: false, midstream-policy: drop-flow, memcap: 128mb, reassembly: {memcap: 256mb, depth: 0} }
        flow: {memcap: 128mb, hash-size: 65536, prealloc: 10000, emergency-recovery: 30}
        defrag: {memcap: 32mb, max-frags: 65535}
        app-layer:
          protocols:
            dns: {tcp: {enabled: yes}, udp: {enabled: yes} }
            imap: {enabled: detection-only}

        """).AppendJoin("\n", Protocols.Select(protocol => protocol == "http"
            ? "    http: {enabled: yes, libhtp: {default-config: {personality: IDS, request-body-limit: 1mb, response-body-limit: 1mb, request-body-inspect-window: 64kb, response-body-inspect-window: 64kb}}}"
            : $"    {protocol}: {{enabled: yes}}")).Append('\n').ToString();

    /// <param name="rules">Its rule files, in order.</param>
    public static string Tenant(string directory, string files, IEnumerable<string> rules) =>
        Head(files) + string.Create(CultureInfo.InvariantCulture, $"default-rule-path: {Quote(directory)}\nrule-files: [{string.Join(", ", rules)}]\n");

    private static string Head(string files)
    {
        // Suricata tells addresses from ports by where they stand; we by their names.
        var groups = RuleVariables.Default.OrderBy(variable => variable.Key, StringComparer.Ordinal).ToLookup(variable => variable.Key.EndsWith("_PORTS", StringComparison.Ordinal));
        return $$"""
            %YAML 1.1
            ---
            vars:
              address-groups: { {{Group(groups[false])}} }
              port-groups: { {{Group(groups[true])}} }
            classification-file: {{Quote(Path.Combine(files, "classification.config"))}}
            reference-config-file: {{Quote(Path.Combine(files, "reference.config"))}}
            threshold-file: {{Quote(Path.Combine(files, "threshold.config"))}}

            """;
    }

    private static string Group(IEnumerable<KeyValuePair<string, string>> variables) => string.Join(", ", variables.Select(variable => $"{variable.Key}: {Quote(variable.Value)}"));

    private static string Quote(string text) => $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
