using System.Collections.Frozen;

namespace Demilune.Rules.Classifications;

/// <summary>What a <c>classtype</c> means.</summary>
/// <param name="Priority">1 is worst.</param>
public sealed partial record Classification(string Name, string Description, int Priority)
{
    /// <summary>The classes that Suricata's own classification.config has long had, with its priorities.</summary>
    public static FrozenDictionary<string, Classification> Default { get; } = new Classification[]
    {
        new("not-suspicious", "Not Suspicious Traffic", 3), new("unknown", "Unknown Traffic", 3), new("bad-unknown", "Potentially Bad Traffic", 2),
        new("attempted-recon", "Attempted Information Leak", 2), new("successful-recon-limited", "Information Leak", 2),
        new("successful-recon-largescale", "Large Scale Information Leak", 2), new("attempted-dos", "Attempted Denial of Service", 2),
        new("successful-dos", "Denial of Service", 2), new("attempted-user", "Attempted User Privilege Gain", 1),
        new("unsuccessful-user", "Unsuccessful User Privilege Gain", 1), new("successful-user", "Successful User Privilege Gain", 1),
        new("attempted-admin", "Attempted Administrator Privilege Gain", 1), new("successful-admin", "Successful Administrator Privilege Gain", 1),
        new("rpc-portmap-decode", "Decode of an RPC Query", 2), new("shellcode-detect", "Executable code was detected", 1),
        new("string-detect", "A suspicious string was detected", 3), new("suspicious-filename-detect", "A suspicious filename was detected", 2),
        new("suspicious-login", "An attempted login using a suspicious username was detected", 2),
        new("system-call-detect", "A system call was detected", 2), new("tcp-connection", "A TCP connection was detected", 4),
        new("trojan-activity", "A Network Trojan was detected", 1),
        new("unusual-client-port-connection", "A client was using an unusual port", 2), new("network-scan", "Detection of a Network Scan", 3),
        new("denial-of-service", "Detection of a Denial of Service Attack", 2),
        new("non-standard-protocol", "Detection of a non-standard protocol or event", 2), new("protocol-command-decode", "Generic Protocol Command Decode", 3),
        new("web-application-activity", "access to a potentially vulnerable web application", 2),
        new("web-application-attack", "Web Application Attack", 1), new("misc-activity", "Misc activity", 3), new("misc-attack", "Misc Attack", 2),
        new("icmp-event", "Generic ICMP event", 3), new("inappropriate-content", "Inappropriate Content was Detected", 1),
        new("policy-violation", "Potential Corporate Privacy Violation", 1), new("default-login-attempt", "Attempt to login by a default username and password", 2),
        new("targeted-activity", "Targeted Malicious Activity was Detected", 1), new("exploit-kit", "Exploit Kit Activity Detected", 1),
        new("external-ip-check", "Device Retrieving External IP Address Detected", 2), new("domain-c2", "Domain Observed Used for C2 Detected", 1),
        new("pup-activity", "Possibly Unwanted Program Detected", 2), new("credential-theft", "Successful Credential Theft Detected", 1),
        new("social-engineering", "Possible Social Engineering Attempted", 2), new("coin-mining", "Crypto Currency Mining Activity Detected", 2),
        new("command-and-control", "Malware Command and Control Activity Detected", 1),
    }.ToFrozenDictionary(classification => classification.Name, StringComparer.OrdinalIgnoreCase);
}
