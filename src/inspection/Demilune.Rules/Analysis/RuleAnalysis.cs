using Demilune.Rules.Headers;

namespace Demilune.Rules.Analysis;

/// <summary>What a rule means, in the words of Suricata's <c>--engine-analysis</c>. Made only where it is asked for.</summary>
/// <param name="Type">When the rule is looked at: <c>ip_only</c>, <c>pkt</c>, <c>stream</c>, <c>pkt_stream</c>, <c>app_layer</c>, <c>app_tx</c> …</param>
/// <param name="App">The protocol it asks for, or "unknown".</param>
/// <param name="Requirements">What a packet has to have.</param>
/// <param name="Flags">In Suricata's order.</param>
/// <param name="PacketEngines">Views of a packet that are looked into.</param>
/// <param name="FrameEngines">Frames that are looked into, once for each direction.</param>
/// <param name="Engines">Buffers of a transaction, one entry for each protocol and direction they are made by.</param>
/// <param name="Lists">Conditions that are in no such buffer.</param>
/// <param name="FastPattern">The content that Suricata would choose for its prefilter; null: none.</param>
/// <param name="Prefilter">The condition named by <c>prefilter</c>; null: none.</param>
/// <param name="Notes">How an option was understood.</param>
public sealed record RuleAnalysis(
    string Type, string App, IReadOnlyList<string> Requirements, IReadOnlyList<string> Flags, IReadOnlyList<AnalysedEngine> PacketEngines,
    IReadOnlyList<AnalysedEngine> FrameEngines, IReadOnlyList<AnalysedEngine> Engines,
    IReadOnlyList<AnalysedList> Lists, AnalysedFastPattern? FastPattern, string? Prefilter, IReadOnlyList<string> Notes);

/// <summary>A buffer that is looked into.</summary>
/// <param name="Name">Suricata's.</param>
/// <param name="Direction">Either one.</param>
/// <param name="App">Who makes it; "" for packets and streams.</param>
public sealed record AnalysedEngine(string Name, FlowDirections Direction, string App, bool IsFastPattern, IReadOnlyList<string> Transforms, IReadOnlyList<AnalysedMatch> Matches);

/// <summary>Conditions by kind.</summary>
/// <param name="Name"><c>packet</c>, <c>payload</c>, <c>postmatch</c>, <c>base64_data</c> …</param>
public sealed record AnalysedList(string Name, IReadOnlyList<AnalysedMatch> Matches);

/// <summary>The content of the prefilter.</summary>
public sealed record AnalysedFastPattern(string Buffer, AnalysedMatch Content);

/// <summary>One condition.</summary>
/// <param name="Name">The keyword.</param>
/// <param name="Fields">What is said of it: texts, numbers, truths.</param>
public sealed record AnalysedMatch(string Name, IReadOnlyList<KeyValuePair<string, object>> Fields);
