using System.Collections.Immutable;
using Demilune.Neutron;
using Demilune.Policy.Addresses;
using Demilune.Policy.Intents;
using Demilune.Raven.Design;
using Demilune.Raven.Planning;

namespace Demilune.Raven.Applying;

/// <summary>Compiled, designed, planned and done, each only as far as something changed, until there is nothing left to do.</summary>
/// <remarks>Single owner, not thread-safe. Whoever feeds it tells <see cref="Compiler"/> and <see cref="Designer"/> what is, then lets it converge.</remarks>
internal sealed class Convergence
{
    /// <summary>Ports first, then what needs their addresses, then what waits for that: three; more would be a bug, not work.</summary>
    private const int MaxRounds = 8;

    private readonly INeutron _neutron;
    private readonly RavenOptions _options;
    private readonly Errands _errands;
    private readonly NetworkMirror _mirror;

    /// <summary>Keys of what is to be looked at again when something under way is back.</summary>
    private readonly HashSet<string> _held = new(StringComparer.Ordinal);

    /// <summary>False: a spare was refused, and none is asked for until the network was read again. Pods do not wait for that.</summary>
    private bool _fillsPools = true;
    private Capabilities? _capabilities;
    private NetworkDesigner? _designer;
    private List<string> _shortages = [];

    public Convergence(INeutron neutron, RavenOptions options)
    {
        (_neutron, _options, _errands) = (neutron, options, new Errands());
        _mirror = new NetworkMirror(neutron, options.ClusterName, options.SlowPorts ? _errands : null);
    }

    public ClusterCompiler Compiler { get; private set; } = new();

    /// <exception cref="InvalidOperationException">The network was never read.</exception>
    public NetworkDesigner Designer => _designer ?? throw new InvalidOperationException("read the network first");

    public NetworkSnapshot Snapshot => _mirror.Snapshot;

    /// <summary>Looks at the network as it is. The next <see cref="RunAsync"/> has to be for everything.</summary>
    /// <returns>True: compiler and designer are new, and have to be told everything.</returns>
    public async Task<bool> ReadAsync(CancellationToken cancel)
    {
        var capabilities = await _neutron.DiscoverAsync(cancel);
        await _mirror.ReadAsync(capabilities, cancel);
        _fillsPools = true;
        if (_designer is { } known && _capabilities is { } before && before.Aliases.SetEquals(capabilities.Aliases))
        {
            known.ReaddressAll();
            return false;
        }
        Reset(capabilities);
        return true;
    }

    /// <param name="everything">Compares all of the network, not only what changed.</param>
    /// <param name="progress">Told the keys of what may be otherwise now, before and after each round; null: of everything.</param>
    /// <param name="planned">Told each plan before it is carried out.</param>
    /// <exception cref="NotAppliedException">Some of it could not be done: read the network before the next run, which has to be for everything.</exception>
    public async Task RunAsync(
        bool everything, Action<IReadOnlySet<string>?> progress, Action<ImmutableArray<Operation>> planned, CancellationToken cancel)
    {
        var failures = new List<Failure>();
        var keys = TakeIn(failures);
        keys.UnionWith(_held);
        keys.UnionWith(Follow(Compiler.Settle()));
        _held.Clear();
        if (everything) keys = null;
        progress(keys);
        using var change = new OneChange(_options.Hold);
        for (var round = 0; round < MaxRounds; round++)
        {
            var plan = await AffordAsync(Plan(keys), cancel);
            if (plan.IsEmpty) break;
            planned(plan);
            change.Begin();
            var applied = await _mirror.ApplyAsync(plan, cancel);
            failures.AddRange(Serious(applied.Failures));
            _held.UnionWith(applied.Held.Select(operation => operation.Subject));
            // What was done is looked at again, and whoever is named by an address that there is only now.
            foreach (var operation in plan) Readdress(operation.Subject);
            var moved = TakeIn(failures);
            moved.UnionWith(Follow(IntentChanges.None));
            keys = keys is null ? null : [.. plan.Select(operation => operation.Subject), .. moved, .. _held];
            progress(keys);
            if (failures.Count > 0) throw new NotAppliedException(failures);
            if (applied.Held.Count == plan.Length) return;
            if (round == MaxRounds - 1) throw new InvalidOperationException($"the network is not as it should be after {MaxRounds} rounds");
        }
        if (failures.Count > 0) throw new NotAppliedException(failures);
    }

    /// <summary>The nodes of the cluster: each may have a pool of ports.</summary>
    public IEnumerable<string> Nodes { get; set; } = [];

    /// <summary>Told, on any thread, that a run would find something new.</summary>
    public Action? Noted
    {
        get => _errands.Back;
        set => _errands.Back = value;
    }

    /// <summary>Nothing is under way that somebody waits for.</summary>
    public bool IsSettled => _held.Count == 0 && !_errands.Keys.Any(key => !Key.IsSpare(key));

    /// <summary>Nothing at all is under way.</summary>
    public bool IsIdle => !_errands.Keys.Any();

    /// <summary>Waits for what is under way; for those who want to see the end of it.</summary>
    public Task FinishAsync() => _errands.FinishAsync();

    /// <summary>Looks again at the ports whose switch has not said yet that it carries them.</summary>
    /// <returns>How many it still carries not.</returns>
    public Task<int> ReadStatusAsync(CancellationToken cancel) => _mirror.ReadStatusAsync(cancel);

    /// <inheritdoc cref="NetworkMirror.Waiting"/>
    public int Waiting => _mirror.Waiting;

    /// <summary>Told of what a cloud will refuse for want of quota; null: nobody asks, and neither is the cloud.</summary>
    public Action<string>? Shortage { get; set; }

    private ImmutableArray<Operation> Plan(IReadOnlySet<string>? keys) =>
        [.. Planner.Plan(_options.ClusterName, Desired(), Snapshot, _options.Steering == SteeringDriver.PortChains ? null : keys).Where(operation => !_errands.Has(operation.Key))];

    /// <summary>
    /// Quotas are looked at before they are met: a request that breaks one is refused, and what waits for it with it. Spares give way to what is needed.
    /// </summary>
    private async Task<ImmutableArray<Operation>> AffordAsync(ImmutableArray<Operation> plan, CancellationToken cancel)
    {
        if ((Shortage is null && _options.MostSparePorts == 0) || !plan.OfType<Create>().Any()) return plan;
        if (Snapshot.All<Network>().FirstOrDefault()?.ProjectId is not { Length: > 0 } project) return plan;
        var quotas = await _neutron.QuotasAsync(project, cancel);
        if (quotas.FirstOrDefault(use => use.Resource == "port") is { } ports)
        {
            (plan, var later) = PortQuota.Fit(plan, Snapshot, _options.ClusterName, ports.Free, _mirror.Leaving);
            _held.UnionWith(later);
        }
        var shortages = QuotaNeeds.Shortages(plan, quotas).ToList();
        foreach (var shortage in shortages.Except(_shortages)) Shortage?.Invoke(shortage);
        _shortages = shortages;
        return plan;
    }

    /// <summary>What was under way beside the loop and is back.</summary>
    private HashSet<string> TakeIn(List<Failure> failures)
    {
        var all = new List<Failure>();
        HashSet<string> keys = [.. _mirror.TakeIn(all)];
        foreach (var key in keys) Readdress(key);
        failures.AddRange(Serious(all));
        return keys;
    }

    /// <summary>All but those of spares, which are not asked for any more.</summary>
    private List<Failure> Serious(IReadOnlyList<Failure> failures)
    {
        var serious = failures.Where(failure => failure.Operation is not Create || !Key.IsSpare(failure.Operation.Key)).ToList();
        if (serious.Count < failures.Count) _fillsPools = false;
        return serious;
    }

    private void Readdress(string key)
    {
        if (Key.PodOf(key) is { } pod) Designer.Readdress(pod);
    }

    private DesiredNetwork Desired()
    {
        var network = _options.Steering != SteeringDriver.PortChains ? Designer.Desired : ChainDesign.Of(
            Designer.Desired, _options.ClusterName, Compiler.Intent, Designer.Placed, Designer.Inspections, AddressesOf,
            Snapshot.All<Port>().Where(port => port.Status == "ACTIVE").Select(port => Key.FromMark(_options.ClusterName, port.Description)).OfType<string>().ToHashSet(StringComparer.Ordinal));
        var pools = PortPools.Of(_options, Nodes);
        return network with { Pools = _fillsPools ? pools : pools with { Least = 0 } };
    }

    private HashSet<string> Follow(IntentChanges changes)
    {
        try
        {
            return [.. Designer.Update(Compiler.Intent, changes)];
        }
        catch
        {
            // Half told is worse than not told: it begins anew.
            _designer = null;
            throw;
        }
    }

    private void Reset(Capabilities capabilities)
    {
        (_capabilities, Compiler) = (capabilities, new ClusterCompiler());
        _designer = new NetworkDesigner(capabilities, _options, AddressesOf, uid => Compiler.SelectorsOf(uid));
    }

    private IEnumerable<Prefix> AddressesOf(string podUid) =>
        Snapshot.Marked<Port>(Key.Mark(_options.ClusterName, Key.Port(podUid))).FirstOrDefault()?.FixedIps?
            .Select(ip => Prefix.TryParse(ip.IpAddress ?? "", out var address) ? address : (Prefix?)null).OfType<Prefix>() ?? [];
}

/// <summary>Parts of a plan could not be carried out; the others were.</summary>
internal sealed class NotAppliedException(IReadOnlyList<Failure> failures)
    : Exception($"{failures.Count} operations failed, the first: {failures[0].Operation}: {failures[0].Message}")
{
    public IReadOnlyList<Failure> Failures { get; } = failures;
}
