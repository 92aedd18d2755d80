using System.Text.Json;
using System.Text.Json.Serialization;

namespace Demilune.Contracts.FirewallLink;

/// <summary>
/// The control link between a firewall and its node agent: a Unix stream socket (<c>/run/demilune/agent.sock</c> in
/// the firewall's container, which listens nowhere itself), one JSON object per line, at most 64 MiB a line. The
/// firewall connects, says <see cref="EngineHello"/>, and reconnects for ever; it goes on inspecting meanwhile.
/// </summary>
public sealed record ToFirewall
{
    /// <summary>The whole set of policies; replaces the former one. Flows keep the set they began with.</summary>
    public PolicySet? Policies { get; init; }

    /// <summary>Who is behind an address; replaces the former table.</summary>
    public IdentityTable? Identities { get; init; }

    /// <summary>Only for a firewall that routes; replaces the former table.</summary>
    public EngineRouting? Routing { get; init; }
}

/// <summary>What a firewall needs that is a hop of another switch's port chain: it has to route, and nothing in a frame says which policy judges it.</summary>
/// <param name="Flows">What none of them matches is dropped.</param>
public sealed record EngineRouting(IReadOnlyList<EngineNeighbour> Neighbours, IReadOnlyList<EngineFlow> Flows);

/// <summary>Who has an address.</summary>
/// <param name="Mac">"fa:16:3e:00:00:01".</param>
public sealed record EngineNeighbour(string Address, string Mac);

/// <summary>Flows from one address to another.</summary>
/// <param name="Protocol">IANA number; 0: any.</param>
/// <param name="FirstPort">Of the destination. 0 to 65535: every port.</param>
/// <param name="LastPort">Included.</param>
/// <param name="Tag">Of the policy that judges them.</param>
public sealed record EngineFlow(string Source, string Destination, int Protocol, int FirstPort, int LastPort, int Tag);

/// <summary>One line from the firewall. Exactly one member is set.</summary>
public sealed record FromFirewall
{
    /// <summary>First line of a connection.</summary>
    public EngineHello? Hello { get; init; }

    /// <summary>The answer to a <see cref="PolicySet"/>.</summary>
    public PolicySetLoaded? Loaded { get; init; }

    /// <summary>An EVE JSON record.</summary>
    public JsonElement? Eve { get; init; }

    /// <summary>Counters, about once a second.</summary>
    public EngineStats? Stats { get; init; }
}

/// <summary>Who speaks.</summary>
/// <param name="Engine">"demilune".</param>
/// <param name="Version">Of the engine.</param>
/// <param name="RealTime">True if the packet thread got SCHED_FIFO: the heartbeat deadline may then be 10 ms.</param>
public sealed record EngineHello(string Engine, string Version, bool RealTime);

/// <summary>All policies that the firewall must judge by.</summary>
/// <param name="Combinations">Tags that stand for several of them.</param>
public sealed record PolicySet(long Revision, IReadOnlyList<EnginePolicy> Policies, IReadOnlyList<EngineCombination>? Combinations = null);

/// <summary>Several policies that judge the same flows: what one denies is denied.</summary>
/// <param name="Tag">Of their frames; no policy of the set has it.</param>
/// <param name="Policies">Tags of those that count, in the order in which they speak.</param>
/// <param name="Shadows">Tags of those that only tell what they would have done. With <paramref name="Policies"/> at most eight.</param>
public sealed record EngineCombination(int Tag, IReadOnlyList<int> Policies, IReadOnlyList<int> Shadows);

/// <summary>A security policy as an engine needs it.</summary>
/// <param name="Tag">802.1Q tag of its frames, 1 to 4094.</param>
/// <param name="Name">The SecurityPolicy object.</param>
/// <param name="Revision">Of the policy; echoed when loaded.</param>
/// <param name="Prevent">False: Detect. Alerts only, nothing is dropped.</param>
/// <param name="Rules">Rule files in Suricata's language.</param>
/// <param name="Access">An <see cref="EngineAccess"/> as JSON; null: no allow-list.</param>
/// <param name="FailsOpen">True: if it cannot be loaded, its flows pass unjudged by it. False: they are dropped.</param>
public sealed record EnginePolicy(
    int Tag, string Name, long Revision, bool Prevent, IReadOnlyList<EngineRules> Rules, string? Access = null, bool FailsOpen = false);

/// <summary>A rule file.</summary>
/// <param name="Source">Shown in errors. "builtin/NAME" names a file of the engine's image; its text is then empty.</param>
/// <param name="Text">The rules.</param>
public sealed record EngineRules(string Source, string Text);

/// <summary>What became of a policy set.</summary>
/// <param name="Revision">Of the set.</param>
/// <param name="Policies">One per policy. A policy that did not load keeps its former rules.</param>
/// <param name="Tags">Those whose frames are judged now, of policies and of combinations.</param>
public sealed record PolicySetLoaded(long Revision, IReadOnlyList<PolicyLoaded> Policies, IReadOnlyList<int>? Tags = null);

/// <summary>What became of a policy.</summary>
/// <param name="Tag">Of the policy.</param>
/// <param name="Name">Of the policy.</param>
/// <param name="Revision">Of the policy.</param>
/// <param name="Ok">True if the policy is in force, with or without refused rules.</param>
/// <param name="Rules">How many rules are in force.</param>
/// <param name="Errors">"source:line:column: message", one per refused rule; at most 100.</param>
/// <param name="InForce">False: not even a former revision of it judges, and its flows fail as it says.</param>
public sealed record PolicyLoaded(int Tag, string Name, long Revision, bool Ok, int Rules, IReadOnlyList<string> Errors, bool InForce = true);

/// <summary>Everybody whom an alert may have to name.</summary>
public sealed record IdentityTable(long Revision, IReadOnlyList<EngineIdentity> Identities);

/// <summary>A pod.</summary>
public sealed record EngineIdentity(
    int Network, IReadOnlyList<string> Addresses, string Namespace, string Pod, IReadOnlyDictionary<string, string> Labels);

/// <summary>Counters since the engine started, except <see cref="FlowsActive"/> and the memory.</summary>
public sealed record EngineStats
{
    public long FramesIn { get; init; }
    public long FramesOut { get; init; }
    public long BytesInspected { get; init; }
    public long FlowsSeen { get; init; }
    public long FlowsActive { get; init; }
    public long FlowsBlocked { get; init; }
    public long FlowsReleased { get; init; }
    public long Alerts { get; init; }
    public long Anomalies { get; init; }
    public long FramesMalformed { get; init; }

    /// <summary>Frames that never got through because the engine was too slow, or the kernel refused them on their way out.</summary>
    public long FramesMissed { get; init; }
    public long EventsLost { get; init; }
    public long MemoryBytes { get; init; }

    /// <summary>Of each policy in force.</summary>
    public IReadOnlyList<PolicyStats>? Policies { get; init; }
}

/// <summary>What a policy has come to since the engine first loaded it.</summary>
/// <param name="Name">The SecurityPolicy object.</param>
/// <param name="Flows">That it judged.</param>
/// <param name="Blocked">Flows on which it blocked something.</param>
/// <param name="WouldBlock">Flows on which it would have, but for its mode.</param>
/// <param name="ShadowFlows">That it judged in the shadow of others.</param>
/// <param name="ShadowWouldBlock">Those of them on which it would have blocked something.</param>
public sealed record PolicyStats(string Name, long Flows, long Blocked, long WouldBlock, long ShadowFlows, long ShadowWouldBlock);

/// <summary>How the messages are written: camelCase, absent instead of null, no indentation.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ToFirewall))]
[JsonSerializable(typeof(FromFirewall))]
[JsonSerializable(typeof(EngineAccess))]
public sealed partial class FirewallLinkJson : JsonSerializerContext;
