using System.Collections.Immutable;
using Demilune.Neutron;
using Demilune.Policy.Addresses;
using Demilune.Policy.Intents;
using Demilune.Raven.Design;
using Demilune.Raven.Planning;

namespace Demilune.Raven.Applying;

/// <summary>Compiled, designed, planned and done, each only as far as something changed, until there is nothing left to do.</summary>
/// <remarks>Single owner, not thread-safe. Whoever feeds it tells <see cref="Compiler"/> and <see cref="Designer"/> what is, then lets it converge.</remarks>
internal sealed class Convergence(INeutron neutron, RavenOptions options)
{
    /// <summary>Ports first, then what needs their addresses, then what waits for that: three; more would be a bug, not work.</summary>
    private const int MaxRounds = 8;

    private readonly NetworkMirror _mirror = new(neutron, options.ClusterName);
    private Capabilities? _capabilities;
    private NetworkDesigner? _designer;
    private List<string> _shortages = [];

    public ClusterCompiler Compiler { get; private set; } = new();

    /// <exception cref="InvalidOperationException">The network was never read.</exception>
    public NetworkDesigner Designer => _designer ?? throw new InvalidOperationException("read the network first");

    public NetworkSnapshot Snapshot => _mirror.Snapshot;

    /// <summary>Looks at the network as it is. The next <see cref="RunAsync"/> has to be for everything.</summary>
    /// <returns>True: compiler and designer are new, and have to be told everything.</returns>
    public async Task<bool> ReadAsync(CancellationToken cancel)
    {
        var capabilities = await neutron.DiscoverAsync(cancel);
        await _mirror.ReadAsync(capabilities, cancel);
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
        var keys = Follow(Compiler.Settle());
        if (everything) keys = null;
        progress(keys);
        for (var round = 0; round < MaxRounds; round++)
        {
            var plan = Planner.Plan(options.ClusterName, Desired(), Snapshot, options.Steering == SteeringDriver.PortChains ? null : keys);
            if (plan.IsEmpty) return;
            planned(plan);
            await TellShortagesAsync(plan, cancel);
            var failures = await _mirror.ApplyAsync(plan, cancel);
            // What was done is looked at again, and whoever is named by an address that there is only now.
            foreach (var operation in plan)
                if (operation is Create or Delete && Key.PodOf(operation.Subject) is { } pod) Designer.Readdress(pod);
            var moved = Follow(IntentChanges.None);
            keys = keys is null ? null : [.. plan.Select(operation => operation.Subject), .. moved!];
            progress(keys);
            if (failures.Count > 0) throw new NotAppliedException(plan.Length, failures);
        }
        throw new InvalidOperationException($"the network is not as it should be after {MaxRounds} rounds");
    }

    /// <summary>Looks again at the ports whose switch has not said yet that it carries them.</summary>
    /// <returns>How many it still carries not.</returns>
    public Task<int> ReadStatusAsync(CancellationToken cancel) => _mirror.ReadStatusAsync(cancel);

    /// <inheritdoc cref="NetworkMirror.Waiting"/>
    public int Waiting => _mirror.Waiting;

    /// <summary>Told of what a cloud will refuse for want of quota; null: nobody asks, and neither is the cloud.</summary>
    public Action<string>? Shortage { get; set; }

    /// <summary>Before they are met: a request that breaks a quota is refused, and what waits for it with it.</summary>
    private async Task TellShortagesAsync(ImmutableArray<Operation> plan, CancellationToken cancel)
    {
        if (Shortage is not { } tell || !plan.OfType<Create>().Any()) return;
        if (Snapshot.All<Network>().FirstOrDefault()?.ProjectId is not { Length: > 0 } project) return;
        var shortages = QuotaNeeds.Shortages(plan, await neutron.QuotasAsync(project, cancel)).ToList();
        foreach (var shortage in shortages.Except(_shortages)) tell(shortage);
        _shortages = shortages;
    }

    private DesiredNetwork Desired() => options.Steering != SteeringDriver.PortChains ? Designer.Desired : ChainDesign.Of(
        Designer.Desired, options.ClusterName, Compiler.Intent, Designer.Placed, Designer.Inspections, AddressesOf,
        Snapshot.All<Port>().Where(port => port.Status == "ACTIVE").Select(port => Key.FromMark(options.ClusterName, port.Description)).OfType<string>().ToHashSet(StringComparer.Ordinal));

    private HashSet<string>? Follow(IntentChanges changes)
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
        _designer = new NetworkDesigner(capabilities, options, AddressesOf, uid => Compiler.SelectorsOf(uid));
    }

    private IEnumerable<Prefix> AddressesOf(string podUid) =>
        Snapshot.Marked<Port>(Key.Mark(options.ClusterName, Key.Port(podUid))).FirstOrDefault()?.FixedIps?
            .Select(ip => Prefix.TryParse(ip.IpAddress ?? "", out var address) ? address : (Prefix?)null).OfType<Prefix>() ?? [];
}

/// <summary>Parts of a plan could not be carried out; the others were.</summary>
internal sealed class NotAppliedException(int operations, IReadOnlyList<Failure> failures)
    : Exception($"{failures.Count} of {operations} operations failed, the first: {failures[0].Operation}: {failures[0].Message}")
{
    public IReadOnlyList<Failure> Failures { get; } = failures;
}
