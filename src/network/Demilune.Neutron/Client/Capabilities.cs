using System.Collections.Frozen;

namespace Demilune.Neutron;

/// <summary>What a Neutron can do, from its own list of extensions; nothing is guessed from a version.</summary>
public sealed class Capabilities(IEnumerable<string> aliases)
{
    private readonly FrozenSet<string> _aliases = aliases.ToFrozenSet(StringComparer.Ordinal);

    public IReadOnlySet<string> Aliases => _aliases;

    public bool SecurityGroups => _aliases.Contains("security-group");

    /// <summary>Rules may name an address group.</summary>
    public bool AddressGroups => _aliases.Contains("address-group") && _aliases.Contains("security-groups-remote-address-group");

    /// <summary>Port pairs, groups, classifiers and chains.</summary>
    public bool ServiceChaining => _aliases.Contains("sfc") && _aliases.Contains("flow_classifier");

    /// <summary>Ours: a classifier's l7_parameters may hold security_policy_tag.</summary>
    public bool ClassifierPolicy => _aliases.Contains("demilune-classifier-policy");

    /// <summary>Ours: a classifier may name address groups.</summary>
    public bool ClassifierAddressGroup => _aliases.Contains("demilune-classifier-address-group");

    /// <summary>Ours: security group rules may deny, in tiers that are asked one after the other.</summary>
    public bool RuleTiers => _aliases.Contains("demilune-security-group-rule-tier");

    /// <summary>Ours: rules may allow, and classifiers select, whoever a port is told has a name.</summary>
    public bool DomainNames => _aliases.Contains("demilune-domain-names");

    /// <summary>A port takes its tags when it is created, so that none exists without them.</summary>
    public bool PortTagsAtCreation => _aliases.Contains("tag-ports-during-bulk-creation");

    public bool Tags => _aliases.Contains("standard-attr-tag");
    public bool RevisionIfMatch => _aliases.Contains("revision-if-match");
    public bool Qos => _aliases.Contains("qos");
    public bool Trunks => _aliases.Contains("trunk");
}
