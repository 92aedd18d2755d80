using System.Collections.Frozen;
using Demilune.Rules.Buffers;
using Demilune.Rules.Classifications;
using Demilune.Rules.Datasets;
using Demilune.Rules.Headers;
using Demilune.Rules.Regex;
using Demilune.Rules.Reputation;
using Demilune.Rules.Thresholds;

namespace Demilune.Rules.Compile;

/// <summary>What a rule set is compiled for.</summary>
public sealed record RuleSetOptions
{
    /// <summary>Compiles <c>pcre</c>. Default: the managed engine, which refuses what it cannot translate.</summary>
    public IRegexEngine Regex { get; init; } = new ManagedRegexEngine();

    /// <summary>Looks for many expressions at once. Default: none, so that rules without a content to look for are tried one by one.</summary>
    public IRegexSetEngine? RegexSets { get; init; }

    /// <summary>Values of <c>$NAME</c> in headers. The defaults are Suricata's, with HOME_NET and EXTERNAL_NET any.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = RuleVariables.Default;

    /// <summary>Which actions win: the first. Default: pass, drop, reject, alert.</summary>
    public IReadOnlyList<RuleAction> ActionOrder { get; init; } = [RuleAction.Pass, RuleAction.Drop, RuleAction.Reject, RuleAction.Alert];

    /// <summary>Whether the engine can fill a buffer. A rule that needs another is refused with a reason. Default: all.</summary>
    public Func<BufferId, bool> Provides { get; init; } = static _ => true;

    /// <summary>Whether the engine recognises a protocol. A rule that needs another is refused with a reason. Default: all.</summary>
    public Func<AppProtocol, bool> Recognises { get; init; } = static _ => true;

    /// <summary>Whether a parser has an event of this name (<c>tls.invalid_record_type</c>), in lower case. A rule that asks for another is refused. Default: all.</summary>
    public Func<string, bool> Notices { get; init; } = static _ => true;

    /// <summary>Where sets of <c>dataset</c> are kept and read. Default: in memory only.</summary>
    public DatasetCatalog Datasets { get; init; } = DatasetCatalog.InMemory();

    /// <summary>Lists that <c>iprep</c> asks. Default: none, so that every <c>iprep</c> is refused.</summary>
    public ReputationTable Reputation { get; init; } = ReputationTable.Empty;

    /// <summary>Thresholds, rate filters and suppressions from beside the rules. Default: none.</summary>
    public ThresholdConfig Thresholds { get; init; } = ThresholdConfig.Empty;

    /// <summary>True: each signature is described (<see cref="Signature.Analysis"/>), which takes time and memory. Default false.</summary>
    public bool Describes { get; init; }

    /// <summary>True: a condition of <c>requires</c> that is not known counts as met. Default false: such rules are left out, as in Suricata.</summary>
    public bool IgnoreUnknownRequirements { get; init; }

    /// <summary>Whether files that <c>filestore</c> names, and certificates that <c>tls.store</c> does, are really kept. Default: yes. Otherwise such rules are refused.</summary>
    public bool StoresFiles { get; init; } = true;

    /// <summary>Reads a list that a rule of a source names, line by line; null: there is none. Default: there are none.</summary>
    public Func<string, string, IEnumerable<string>?> ReadList { get; init; } = static (_, _) => null;

    /// <summary>The number, 0 to 127, of a decoder event by its full name (<c>decoder.ipv4.trunc_pkt</c>), by which <see cref="PacketFacts.DecodeEvents"/> tells it; -1: there is none. Default: all are one.</summary>
    public Func<string, int> DecodeEvent { get; init; } = static _ => 0;

    /// <summary>Descriptions and priorities of <c>classtype</c>. Default: Suricata's common ones.</summary>
    public FrozenDictionary<string, Classification> Classifications { get; init; } = Classification.Default;
}
