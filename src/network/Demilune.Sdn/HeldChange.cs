namespace Demilune.Sdn;

/// <summary>A change that is many requests, as far as it has come: whom it concerns. Single owner, not thread-safe.</summary>
internal sealed class HeldChange
{
    private HashSet<string>? _concerned = [];

    public ITimer? Limit { get; set; }

    /// <summary>False: nothing has changed.</summary>
    public bool IsNews => _concerned is null or { Count: > 0 };

    /// <summary>Nodes; null: any.</summary>
    public IReadOnlySet<string>? Concerned => _concerned;

    public void Add(IReadOnlySet<string>? concerned)
    {
        if (concerned is null) _concerned = null;
        else _concerned?.UnionWith(concerned);
    }
}
