namespace Demilune.Node.Splice.Compile;

/// <summary>What the kernel's tables should hold for one state of the node. Immutable once compiled.</summary>
internal sealed class SplicePlan
{
    public Table Ports { get; } = new();
    public Table Addresses { get; } = new();
    public Table Prefixes { get; } = new();
    public Table Chains { get; } = new();
    public Table Pairs { get; } = new();            // stamps zero: they are the kernel's
    public Table Policies { get; } = new();
    public Table Rules { get; } = new();
    public Table Classes { get; } = new();

    /// <summary>Port id → why it is closed.</summary>
    public Dictionary<string, string> Errors { get; } = [];

    /// <summary>Port pair id → its key.</summary>
    public Dictionary<string, ulong> PairIds { get; } = [];

    public Dictionary<ulong, Subject<Rule>> RuleSubjects { get; } = [];
    public Dictionary<ulong, Subject<Classifier>> ClassSubjects { get; } = [];
    public Dictionary<ulong, Identity> Identities { get; } = [];

    /// <summary>
    /// The rows needed while the tables go from <paramref name="previous"/> to this: whichever of the old and new identity an
    /// address has, and whichever rules its peer, the answer must be in place.
    /// </summary>
    public (Table Rules, Table Classes) Transition(SplicePlan previous)
    {
        var (rules, classes) = (new Table(), new Table());
        Identity[] identities = [.. Identities.Values, .. previous.Identities.Where(old => !Identities.ContainsKey(old.Key)).Select(old => old.Value)];
        foreach (var subject in RuleSubjects.Values.Concat(previous.RuleSubjects.Values).DistinctBy(subject => subject.Id))
            Pages.AddRules(rules, subject, identities);
        foreach (var subject in ClassSubjects.Values.Concat(previous.ClassSubjects.Values).DistinctBy(subject => subject.Id))
            Pages.AddClasses(classes, subject, identities);
        return (rules, classes);
    }
}
