using System.Diagnostics;
using System.Text.Json.Nodes;
using Demilune.Contracts.FirewallLink;
using Demilune.Firewall.Engines;
using Demilune.Firewall.Policies;
using Demilune.Linux.PacketIo;

namespace Demilune.Firewall.Suricata;

/// <summary>Suricata 7 as an engine: a child process between the two interfaces, one tenant per policy, told apart by the 802.1Q tag.</summary>
/// <remarks>
/// Its flows take over new rules at once, in the middle: Suricata has no generations. It is alive as far as frames get through it
/// (<see cref="HeartbeatProbe"/>), and ends with its process.
/// </remarks>
internal sealed class SuricataEngine : IEngine
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60), StopPatience = TimeSpan.FromSeconds(1), Pause = TimeSpan.FromMilliseconds(50);

    private readonly FirewallOptions _options;
    private readonly Action<string> _log;
    private readonly RuleLibrary _library;
    private readonly SuricataCommands _commands = new();
    private readonly SuricataEvents _events;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly uint _instance = (uint)Random.Shared.NextInt64(1, 1L << 32);
    private readonly HashSet<int> _registered = [];
    private readonly Dictionary<int, int> _mapped = [];
    private Dictionary<int, Tenant> _inForce = [];
    private Process? _process;
    private HeartbeatProbe? _probe;
    private bool _realTime;
    private Task _working = Task.CompletedTask;
    private volatile EngineStats _stats = new();
    private volatile string? _ailment = "Suricata has not started";
    private bool _disposed;

    public SuricataEngine(FirewallOptions options, EveLineSink events, Action<string> log)
    {
        (_options, _log) = (options, log);
        _library = new RuleLibrary(options.Rules);
        Directory.CreateDirectory(options.Work);
        _events = new SuricataEvents(Path.Combine(options.Work, SuricataConfiguration.EventSocket), events, log);
    }

    public Task Ended => _ended.Task;

    public string? Ailment() => _ailment;

    public async Task<EngineHello> StartAsync(CancellationToken stop)
    {
        await WaitForInterfacesAsync(stop);
        _realTime = _options.RealTime;
        var events = _events.RunAsync(_stop.Token);
        WriteFile(SuricataConfiguration.NoPolicyFile, SuricataConfiguration.NoPolicy);
        WriteFile(SuricataConfiguration.MainFile, SuricataConfiguration.Process(_options.Work, _options.SuricataFiles, _options.In, _options.Out));
        File.Delete(Path.Combine(_options.Work, SuricataConfiguration.CommandSocket));
        _process = Run();
        await ConnectAsync(_process, stop);
        var version = (string?)await _commands.RunAsync("version", stop) ?? "7";
        _ailment = "no policies yet: the agent has not sent any, or could not be reached";
        _working = Task.WhenAll(events, ReadStatsAsync());
        _log($"Suricata {version} forwards between {_options.In} and {_options.Out}");
        return new("suricata", version, RealTime: false);
    }

    public async Task<PolicySetLoaded> LoadAsync(PolicySet set, CancellationToken stop)
    {
        var next = new Dictionary<int, Tenant>();
        var answers = new List<PolicyLoaded>();
        foreach (var policy in set.Policies)
        {
            if (policy.Tag is < 1 or > 4094 || next.ContainsKey(policy.Tag))
            {
                answers.Add(Refused(policy, null, [$"{policy.Name}:1:1: tag {policy.Tag} is not between 1 and 4094, or another policy of the set has it"]));
                continue;
            }
            var former = _inForce.GetValueOrDefault(policy.Tag);
            var (tenant, answer) = await LoadAsync(policy, former, stop);
            if (tenant is not null) next[policy.Tag] = tenant;
            answers.Add(answer);
        }
        var map = TenantMap.Of(set, next.Keys.ToHashSet());
        await MapAsync(map.Tenants, stop);
        foreach (var gone in _registered.Except(next.Keys).Where(tenant => tenant != TenantMap.Unjudged).ToList()) await UnregisterAsync(gone, stop);
        _inForce = next;
        _events.Name(map.Tenants.Where(entry => next.ContainsKey(entry.Value)).ToDictionary(entry => entry.Key, entry => next[entry.Value].Policy));
        StartProbing();
        return new(
            set.Revision, [.. answers.Select(answer => map.Errors[answer.Tag].ToArray() is { Length: > 0 } errors ? answer with { Errors = [.. answer.Errors, .. errors] } : answer)],
            [.. map.Tenants.Keys.Order()]);
    }

    public void Identify(IdentityTable pods) => _events.Identify(pods);

    /// <summary>Not asked for: it forwards what comes by one interface by the other, and the command line refuses to have it route.</summary>
    public void Route(EngineRouting routing)
    {
    }

    public EngineStats ReadStats() => _stats;

    public async ValueTask DisposeAsync()
    {
        if (_disposed) return;
        _disposed = true;
        // First: nothing new is to be sent into an engine that goes.
        _probe?.Dispose();
        await _stop.CancelAsync();
        await _working.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_process is { HasExited: false } process)
        {
            using var patience = new CancellationTokenSource(StopPatience);
            try
            {
                await _commands.RunAsync("shutdown", patience.Token);
                await process.WaitForExitAsync(patience.Token);
            }
            catch (Exception error) when (error is IOException or OperationCanceledException or ObjectDisposedException)
            {
                process.Kill();
            }
        }
        _ended.TrySetResult();
        _process?.Dispose();
        _commands.Dispose();
        _events.Dispose();
        _stop.Dispose();
    }

    private async Task WaitForInterfacesAsync(CancellationToken stop)
    {
        foreach (var name in (string[])[_options.In, _options.Out])
        {
            if (!PacketSocket.InterfaceExists(name)) _log($"waiting for interface {name}");
            while (!PacketSocket.InterfaceExists(name)) await Task.Delay(Pause, stop);
        }
    }

    private Process Run()
    {
        var start = new ProcessStartInfo(_options.SuricataProgram)
        {
            RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _options.Work,
        };
        // What is set goes before the file: Suricata leaves it as it is there.
        foreach (var argument in (string[])[.. _options.SuricataSettings.SelectMany(setting => (string[])["--set", setting]), "-c", Path.Combine(_options.Work, SuricataConfiguration.MainFile), "--af-packet", "-l", _options.Work]) start.ArgumentList.Add(argument);
        var process = new Process { StartInfo = start, EnableRaisingEvents = true };
        process.OutputDataReceived += (_, line) => Hear(line.Data);
        process.ErrorDataReceived += (_, line) => Hear(line.Data);
        process.Exited += (_, _) => _ended.TrySetException(new IOException($"{_options.SuricataProgram} ended with {process.ExitCode}"));
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private void Hear(string? line)
    {
        if (line is not null && RuleLoading.Parse(line) is ("Error" or "Warning", var said)) _log($"Suricata: {said}");
    }

    private async Task ConnectAsync(Process process, CancellationToken stop)
    {
        var path = Path.Combine(_options.Work, SuricataConfiguration.CommandSocket);
        for (var waited = Stopwatch.StartNew(); !File.Exists(path); await Task.Delay(Pause, stop))
        {
            if (process.HasExited) throw new IOException($"{_options.SuricataProgram} ended with {process.ExitCode} before it was ready");
            if (waited.Elapsed > StartPatience) throw new IOException($"{_options.SuricataProgram} is not ready after {StartPatience.TotalSeconds:0} s");
        }
        await _commands.ConnectAsync(path, stop);
    }

    private async Task<(Tenant? Tenant, PolicyLoaded Answer)> LoadAsync(EnginePolicy policy, Tenant? former, CancellationToken stop)
    {
        // The tag of another policy is another policy's: its rules must not judge this one's traffic.
        var own = former?.Policy.Name == policy.Name ? former : null;
        if (!TenantRules.TryRead(policy, _library, out var rules, out var errors)) return await KeepAsync(policy, own, errors, rewrite: false, stop);
        if (own is not null && own.Rules.Files.SequenceEqual(rules.Files)) return (own with { Policy = policy }, own.Answer with { Revision = policy.Revision });
        RulesLoaded loaded;
        try
        {
            loaded = await RegisterAsync(policy.Tag, rules, stop);
        }
        catch (IOException error)
        {
            return await KeepAsync(policy, own, [$"{policy.Name}:1:1: {error.Message}"], rewrite: true, stop);
        }
        var told = loaded.Errors.Select(error => Describe(error, policy)).ToArray();
        if (loaded is { Loaded: 0, Failed: > 0 }) return await KeepAsync(policy, own, told, rewrite: true, stop);
        var answer = new PolicyLoaded(policy.Tag, policy.Name, policy.Revision, Ok: true, loaded.Loaded, told);
        return (new Tenant(policy, rules, answer), answer);
    }

    /// <summary>A policy was refused: its former rules stay, and if it has none it has no tenant.</summary>
    private async Task<(Tenant?, PolicyLoaded)> KeepAsync(EnginePolicy policy, Tenant? own, IReadOnlyList<string> errors, bool rewrite, CancellationToken stop)
    {
        if (own is not null && rewrite) await RegisterAsync(policy.Tag, own.Rules, stop);
        return (own, Refused(policy, own, errors));
    }

    private async Task<RulesLoaded> RegisterAsync(int tenant, TenantRules rules, CancellationToken stop)
    {
        for (var i = 0; i < rules.Files.Count; i++) WriteFile(FileOf(tenant, i), rules.Files[i].Text);
        WriteFile($"{tenant}.yaml", SuricataConfiguration.Tenant(_options.Work, _options.SuricataFiles, Enumerable.Range(0, rules.Files.Count).Select(i => FileOf(tenant, i))));
        ClearLog();
        await _commands.RunAsync(_registered.Contains(tenant) ? "reload-tenant" : "register-tenant", stop, ("id", tenant), ("filename", Path.Combine(_options.Work, $"{tenant}.yaml")));
        _registered.Add(tenant);
        // It has written all of it before it answers.
        return RuleLoading.Read(await File.ReadAllTextAsync(Log, stop));
    }

    /// <summary>Makes tags lead to their tenants. One that is to lead elsewhere leads nowhere for a moment: its frames are dropped.</summary>
    private async Task MapAsync(IReadOnlyDictionary<int, int> wanted, CancellationToken stop)
    {
        if (wanted.Values.Contains(TenantMap.Unjudged) && !_registered.Contains(TenantMap.Unjudged)) await RegisterAsync(TenantMap.Unjudged, new([]), stop);
        foreach (var (tag, tenant) in _mapped.Where(entry => !wanted.TryGetValue(entry.Key, out var next) || next != entry.Value).ToList())
        {
            await HandleAsync("unregister-tenant-handler", tag, tenant, stop);
            _mapped.Remove(tag);
        }
        foreach (var (tag, tenant) in wanted.Where(entry => !_mapped.ContainsKey(entry.Key)))
        {
            await HandleAsync("register-tenant-handler", tag, tenant, stop);
            _mapped[tag] = tenant;
        }
    }

    private Task<JsonNode?> HandleAsync(string command, int tag, int tenant, CancellationToken stop) =>
        _commands.RunAsync(command, stop, ("id", tenant), ("htype", "vlan"), ("hargs", tag));

    private async Task UnregisterAsync(int tenant, CancellationToken stop)
    {
        await _commands.RunAsync("unregister-tenant", stop, ("id", tenant));
        _registered.Remove(tenant);
    }

    private void StartProbing()
    {
        if (_probe is not null) return;
        _probe = new HeartbeatProbe(_options.In, _options.Out, _instance, _realTime);
        _probe.Ended.ContinueWith(ended => _ended.TrySetException(ended.Exception!.InnerExceptions), CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        _ailment = null;
    }

    private async Task ReadStatsAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                if (await _commands.RunAsync("dump-counters", _stop.Token) is JsonObject counters) _stats = SuricataCounters.Read(counters) with { MemoryBytes = MemoryOf(_process!) };
            }
            catch (IOException)
            {
                // It has no counters in its first second; if it is gone, its end says so.
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private static long MemoryOf(Process process)
    {
        process.Refresh();
        return process.HasExited ? 0 : process.WorkingSet64;
    }

    private static PolicyLoaded Refused(EnginePolicy policy, Tenant? own, IReadOnlyList<string> errors) =>
        new(policy.Tag, policy.Name, policy.Revision, Ok: false, own?.Answer.Rules ?? 0, errors, InForce: own is not null);

    private static string Describe(RuleError error, EnginePolicy policy)
    {
        var name = Path.GetFileNameWithoutExtension(error.File);
        var index = name.LastIndexOf('-') is >= 0 and var at && int.TryParse(name.AsSpan(at + 1), out var number) && number < policy.Rules.Count ? number : 0;
        return $"{policy.Rules[index].Source}:{error.Line}:1: {error.Message}";
    }

    private string Log => Path.Combine(_options.Work, SuricataConfiguration.LogFile);

    /// <summary>Suricata appends: it goes on at the new end.</summary>
    private void ClearLog()
    {
        using var log = new FileStream(Log, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        log.SetLength(0);
    }

    private static string FileOf(int tag, int index) => $"{tag}-{index}.rules";

    private void WriteFile(string name, string text) => File.WriteAllText(Path.Combine(_options.Work, name), text);

    /// <summary>A policy in force.</summary>
    private sealed record Tenant(EnginePolicy Policy, TenantRules Rules, PolicyLoaded Answer);
}
