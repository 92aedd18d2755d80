namespace Demilune.Rules.Datasets;

/// <summary>What a rule or a configuration says of a set.</summary>
/// <param name="Type">Null: not said; it has to be known already.</param>
/// <param name="Load">File to begin with; null: none.</param>
/// <param name="Save">File to keep it in; null: none.</param>
/// <param name="IsState"><paramref name="Load"/> and <paramref name="Save"/> are one, and need not exist yet.</param>
/// <param name="HasReputations">Each element has one.</param>
public sealed record DatasetDeclaration(string Name, DatasetType? Type, string? Load, string? Save, bool IsState, bool HasReputations);

/// <summary>Every set, by name. Lives as long as the process: sets that rules fill outlive a reload.</summary>
/// <param name="read">
/// Gives a file's text, null if there is none by that name. First what it is called, then the rule file that names it (null: a configuration), then whether it is a state.
/// </param>
public sealed class DatasetCatalog(Func<string, string?, bool, string?> read)
{
    private readonly Dictionary<string, (Dataset Set, string? Load, string? Save)> _sets = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    /// <summary>Knows of no files: sets are what rules make of them.</summary>
    public static DatasetCatalog InMemory() => new(static (_, _, _) => null);

    /// <summary>Sets that have to be kept, and where.</summary>
    public IReadOnlyList<(Dataset Set, string File)> Saved
    {
        get
        {
            lock (_gate) return [.. _sets.Values.Where(entry => entry.Save is not null).Select(entry => (entry.Set, entry.Save!))];
        }
    }

    /// <summary>The set by that name, made and read if it is new.</summary>
    /// <param name="source">The rule file that asks.</param>
    /// <param name="error">Null if there is a set.</param>
    public Dataset? Open(DatasetDeclaration wanted, string? source, out string? error)
    {
        lock (_gate)
        {
            error = null;
            if (_sets.TryGetValue(wanted.Name, out var known))
            {
                if (wanted.Type is { } type && type != known.Set.Type) error = $"dataset {wanted.Name} already exists and is of type {known.Set.Type.ToString().ToLowerInvariant()}";
                else if (wanted.Load is not null && known.Load != wanted.Load) error = $"dataset {wanted.Name} is loaded from {known.Load ?? "nowhere"} already";
                else if (wanted.Save is not null && known.Save is null) _sets[wanted.Name] = known with { Save = wanted.Save };
                return error is null ? known.Set : null;
            }
            if (wanted.Type is null)
            {
                error = $"dataset {wanted.Name} is not known: its type has to be given where it is named first";
                return null;
            }
            var set = new Dataset(wanted.Name, wanted.Type.Value);
            if (wanted.Load is { } file)
            {
                var text = read(file, source, wanted.IsState);
                if (text is null && !wanted.IsState) error = $"dataset {wanted.Name}: there is no file '{file}'";
                else if (text is not null) DatasetFile.TryRead(set, text, wanted.HasReputations, file, out error);
                if (error is not null) return null;
            }
            _sets.Add(wanted.Name, (set, wanted.Load, wanted.Save));
            return set;
        }
    }
}
