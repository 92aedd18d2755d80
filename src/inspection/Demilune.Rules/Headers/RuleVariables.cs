using System.Collections.Frozen;

namespace Demilune.Rules.Headers;

/// <summary>Address and port groups that rule headers name.</summary>
public static class RuleVariables
{
    /// <summary>
    /// Suricata's names and values, except HOME_NET: in a cluster the policy has already said whose traffic this is, so no address is more
    /// "home" than another.
    /// </summary>
    public static FrozenDictionary<string, string> Default { get; } = new Dictionary<string, string>
    {
        ["HOME_NET"] = "any", ["EXTERNAL_NET"] = "any",
        ["HTTP_SERVERS"] = "$HOME_NET", ["SMTP_SERVERS"] = "$HOME_NET", ["SQL_SERVERS"] = "$HOME_NET", ["DNS_SERVERS"] = "$HOME_NET",
        ["TELNET_SERVERS"] = "$HOME_NET", ["AIM_SERVERS"] = "$EXTERNAL_NET", ["DC_SERVERS"] = "$HOME_NET", ["DNP3_SERVER"] = "$HOME_NET",
        ["DNP3_CLIENT"] = "$HOME_NET", ["MODBUS_CLIENT"] = "$HOME_NET", ["MODBUS_SERVER"] = "$HOME_NET", ["ENIP_CLIENT"] = "$HOME_NET",
        ["ENIP_SERVER"] = "$HOME_NET",
        ["HTTP_PORTS"] = "80", ["SHELLCODE_PORTS"] = "!80", ["ORACLE_PORTS"] = "1521", ["SSH_PORTS"] = "22", ["DNP3_PORTS"] = "20000",
        ["MODBUS_PORTS"] = "502", ["FILE_DATA_PORTS"] = "[$HTTP_PORTS,110,143]", ["FTP_PORTS"] = "21", ["GENEVE_PORTS"] = "6081",
        ["VXLAN_PORTS"] = "4789", ["TEREDO_PORTS"] = "3544",
    }.ToFrozenDictionary(StringComparer.Ordinal);
}
