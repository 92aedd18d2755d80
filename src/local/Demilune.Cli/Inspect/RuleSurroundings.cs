using System.Collections.Frozen;
using Demilune.Firewall.Regex;
using Demilune.Inspection;
using Demilune.Rules.Classifications;
using Demilune.Rules.Compile;
using Demilune.Rules.Datasets;
using Demilune.Rules.Headers;
using Demilune.Rules.Reputation;
using Demilune.Rules.Syntax;
using Demilune.Rules.Thresholds;

namespace Demilune.Cli.Inspect;

/// <summary>The files beside the rules: classes, thresholds, reputation lists, data sets.</summary>
internal sealed class RuleSurroundings
{
    private readonly Settings _settings;
    private readonly string _dataDirectory;

    private RuleSurroundings(Settings settings, string dataDirectory)
    {
        (_settings, _dataDirectory) = (settings, dataDirectory);
        Datasets = new(ReadDataset);
    }

    /// <summary>No configuration.</summary>
    public static RuleSurroundings None => Of(Settings.Load(null, []), RuleVariables.Default, null);

    public DatasetCatalog Datasets { get; }

    /// <summary>Lines of those files that were left out.</summary>
    public IReadOnlyList<RuleError> Errors { get; private set; } = [];

    /// <summary>Reputation lists that were read.</summary>
    public IReadOnlyList<string> ReputationFiles { get; private set; } = [];

    public RuleSetOptions Options { get; private set; } = new();

    /// <param name="settings">Name the files: <c>classification-file</c>, <c>threshold-file</c>, <c>reputation-*</c>, <c>default-data-dir</c>, <c>datasets</c>.</param>
    /// <param name="variables">Of rule headers.</param>
    /// <param name="dataDirectory">Where data sets are kept; null: as the configuration says, else the current directory.</param>
    /// <exception cref="InvalidDataException">A data set of the configuration cannot be had.</exception>
    public static RuleSurroundings Of(Settings settings, IReadOnlyDictionary<string, string> variables, string? dataDirectory)
    {
        var all = new RuleSurroundings(settings, dataDirectory ?? settings.Text("default-data-dir") ?? Environment.CurrentDirectory);
        var errors = new List<RuleError>();
        var options = new RuleSetOptions
        {
            Regex = PcreRegexEngine.BestAvailable(), RegexSets = HyperscanSetEngine.IfAvailable(), Provides = Inspector.Provides, Recognises = Inspector.Recognises, Notices = Inspector.Notices, DecodeEvent = Inspector.NumberOf, Variables = variables,
            ReadList = (source, name) => all.ReadDataset(name, source, isState: false)?.Split('\n'), Datasets = all.Datasets, IgnoreUnknownRequirements = settings.Flag("ignore-unknown-requirements") == true,
        };
        RuleAction[] order = [.. settings.Items("action-order").Select(item => item.Name switch
        {
            "pass" => RuleAction.Pass,
            "drop" => RuleAction.Drop,
            "reject" => RuleAction.Reject,
            "alert" => RuleAction.Alert,
            var other => throw new InvalidDataException($"action-order: '{other}' is no action; there are pass, drop, reject and alert"),
        })];
        if (order.Length > 0) options = options with { ActionOrder = order };
        if (Read(settings.Text("classification-file")) is { } classes)
        {
            options = options with { Classifications = ClassificationConfig.Read(classes, out var wrong) };
            errors.AddRange(wrong);
        }
        if (Read(settings.Text("reference-config-file")) is { } references)
        {
            ReferenceConfig.Read(references, out var wrong);
            errors.AddRange(wrong);
        }
        if (Read(settings.Text("threshold-file")) is { } thresholds)
        {
            options = options with { Thresholds = ThresholdConfig.Read(thresholds, variables, out var wrong) };
            errors.AddRange(wrong);
        }
        if (Read(settings.Text("reputation-categories-file")) is { } categories)
        {
            var directory = settings.Text("default-reputation-path") ?? "";
            var lists = settings.Items("reputation-files").Select(item => Read(Path.Combine(directory, item.Name))).OfType<RuleSource>().ToArray();
            all.ReputationFiles = [.. lists.Select(list => list.Name)];
            options = options with { Reputation = ReputationTable.Read(categories, lists, out var wrong) };
            errors.AddRange(wrong);
        }
        (all.Options, all.Errors) = (options, errors);
        all.OpenConfigured();
        return all;
    }

    /// <summary>Writes the sets that rules have filled, where a rule or the configuration says so.</summary>
    public void Save()
    {
        foreach (var (set, file) in Datasets.Saved) File.WriteAllText(InDataDirectory(file), DatasetFile.Write(set));
    }

    private void OpenConfigured()
    {
        foreach (var name in _settings.Names("datasets"))
        {
            DatasetType? type = _settings.Text($"datasets.{name}.type") switch
            {
                "string" => DatasetType.String,
                "md5" => DatasetType.Md5,
                "sha256" => DatasetType.Sha256,
                "ipv4" => DatasetType.Ipv4,
                "ipv6" or "ip" => DatasetType.Ipv6,
                _ => null,
            };
            if (type is null) continue;
            var state = _settings.Text($"datasets.{name}.state");
            var declaration = new DatasetDeclaration(name, type, state ?? _settings.Text($"datasets.{name}.load"), state ?? _settings.Text($"datasets.{name}.save"), state is not null, false);
            if (Datasets.Open(declaration, null, out var error) is null) throw new InvalidDataException(error);
        }
    }

    /// <summary>A set's file is beside the rules that load it, or in the data directory; a state always in the latter.</summary>
    private string? ReadDataset(string file, string? source, bool isState)
    {
        var beside = source is null ? null : Path.GetDirectoryName(Path.GetFullPath(source));
        string[] places = isState || beside is null ? [InDataDirectory(file)] : [Path.Combine(beside, file), InDataDirectory(file)];
        return places.FirstOrDefault(File.Exists) is { } found ? File.ReadAllText(found) : null;
    }

    private string InDataDirectory(string file) => Path.Combine(_dataDirectory, file);

    private static RuleSource? Read(string? file) => file is not null && File.Exists(file) ? new RuleSource(file, File.ReadAllText(file)) : null;
}
