using Demilune.Contracts.Frames;
using Demilune.Node.Names;
using Demilune.Node.Splice.Maps;

namespace Demilune.Node.Splice.Compile;

/// <summary>What the kernel's tables should hold for one state of the node. Once compiled, it changes only by what pods learn (<see cref="Learn"/>).</summary>
/// <param name="tags">Gives combinations of policies their tags.</param>
/// <param name="memory">Of compilations before; null: there were none.</param>
internal sealed class SplicePlan(PanelTags tags, CompilerMemory? memory = null)
{
    private readonly HashSet<(string PortId, Prefix Address)> _learnt = [];

    public Table Ports { get; } = new();
    public Table Addresses { get; } = new();
    public Table Prefixes { get; } = new();
    public Table Chains { get; } = new();
    public Table Pairs { get; } = new();            // stamps zero: they are the kernel's
    public Table Rules { get; } = new();
    public Table Classes { get; } = new();

    public Table Overlay { get; } = new();          // one row, always there
    public Table Remotes { get; } = new();
    public Table Tunnelled { get; } = new();
    public Table Routes { get; } = new();

    /// <summary>Port id → why it is closed.</summary>
    public Dictionary<string, string> Errors { get; } = [];

    /// <summary>Port pair id → its key.</summary>
    public Dictionary<string, ulong> PairIds { get; } = [];

    public Dictionary<ulong, Subject<Rule>> RuleSubjects { get; } = [];
    public Dictionary<ulong, Subject<Classifier>> ClassSubjects { get; } = [];
    public Dictionary<ulong, Identity> Identities { get; } = [];

    /// <summary>Several who judge one flow, and the tag of that flow's frames.</summary>
    public Dictionary<Panel, ushort> Panels { get; } = [];

    /// <summary>There were more combinations than tags: flows of the last ones are closed.</summary>
    public bool HasTooManyPanels => Panels.ContainsValue(CombinationTags.Nobody);

    /// <summary>Rows of rules and classifiers for the state itself.</summary>
    public void Fill()
    {
        foreach (var subject in RuleSubjects.Values) Pages.AddRules(Rules, subject, Identities.Values);
        // In one order, so that tags do not depend on that of the state.
        foreach (var subject in ClassSubjects.Values.OrderBy(subject => subject.Id))
            Pages.AddClasses(Classes, subject, Identities.Values.OrderBy(identity => identity.Id), TagOf);
    }

    /// <summary>Who is who without any name learnt.</summary>
    public Membership Membership { get; } = new(memory ?? new());

    /// <summary>By id: ports whose rules speak of names.</summary>
    public Dictionary<string, LearningPort> LearningPorts { get; } = [];

    /// <summary>Interface and address → identity and expiry.</summary>
    public Table Learnt { get; } = new();

    /// <summary>What is in <see cref="Learnt"/>, by port.</summary>
    public IEnumerable<(string PortId, Prefix Address)> LearntAddresses => _learnt;

    public bool Knows(string portId, Prefix address) => _learnt.Contains((portId, address));

    /// <summary>Gives an address the identity that it has for one port by the names it is known to it by.</summary>
    /// <returns>The rows that are needed for it. Null: its rules say nothing of these names, or more of this peer than fits.</returns>
    public LearntRows? Learn(string portId, Prefix address, IEnumerable<LearntName> names)
    {
        if (!LearningPorts.TryGetValue(portId, out var port)) return null;
        var all = Membership.Of(address).Names.ToHashSet(StringComparer.Ordinal);
        var (before, expires) = (all.Count, 0ul);
        foreach (var learnt in names)
            foreach (var pattern in port.Patterns)
                if (pattern.Matches(learnt.Name))
                {
                    all.Add(SpliceCompiler.DomainName(pattern));
                    expires = Math.Max(expires, learnt.Expires);
                }
        if (all.Count == before) return null;
        var identity = Identity.Of(all);
        LearntRows rows = new();
        try
        {
            // Only what its port asks: to the others this identity does not exist.
            Pages.AddRules(rows.Rules, port.Rules, [identity]);
            Pages.AddClasses(rows.Classes, port.Classes, [identity], TagOf);
        }
        catch (TooManyException)
        {
            return null;
        }
        rows.Learnt.Set(LearntKeyOf(port, address), new LearntRow { Identity = identity.Id, Expires = expires });
        _learnt.Add((portId, address));
        Rules.Add(rows.Rules);
        Classes.Add(rows.Classes);
        Learnt.Add(rows.Learnt);
        return rows;
    }

    /// <summary>Takes that back; the rows that said what it may stay until the next plan.</summary>
    public void Forget(string portId, Prefix address)
    {
        if (_learnt.Remove((portId, address))) Learnt.Rows.Remove(Bytes.Of(LearntKeyOf(LearningPorts[portId], address)));
    }

    public static LearntKey LearntKeyOf(LearningPort port, Prefix address) => new() { Interface = port.Interface, Address = address.ToAddress() };

    private ushort TagOf(Panel panel)
    {
        var tag = tags.Of(panel);
        if (panel.IsOne || Panels.ContainsKey(panel)) return tag;
        Panels.Add(panel, tag);
        return tag;
    }
}

/// <summary>What the kernel needs before one more address may be known to its pod.</summary>
internal sealed record LearntRows
{
    public Table Rules { get; } = new();
    public Table Classes { get; } = new();
    public Table Learnt { get; } = new();
}

/// <summary>A port whose rules speak of names.</summary>
/// <param name="Interface">Host side.</param>
internal sealed record LearningPort(uint Interface, IReadOnlyCollection<NamePattern> Patterns, Subject<Rule> Rules, Subject<Classifier> Classes);
