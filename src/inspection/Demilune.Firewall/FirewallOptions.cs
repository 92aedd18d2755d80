namespace Demilune.Firewall;

/// <summary>What the process was started with. Each flag may also come from the environment: <c>--in</c> as <c>DEMILUNE_IN</c>.</summary>
internal sealed record FirewallOptions
{
    /// <summary>The interface by which the original direction of a flow enters.</summary>
    public string In { get; init; } = "in";

    /// <summary>The interface by which replies enter.</summary>
    public string Out { get; init; } = "out";

    /// <summary>Socket of the node agent, from which policies come. Null: no agent, the rule directory is the policy.</summary>
    public string? Agent { get; init; }

    /// <summary>Where "builtin/NAME" is looked up as NAME.rules. In the image.</summary>
    public string Rules { get; init; } = "/usr/share/demilune/rules";

    /// <summary>EVE lines are appended here as well as printed. Null: printed only.</summary>
    public string? Log { get; init; }

    /// <summary>Abstract socket on which <c>demilune-firewall health</c> asks; it exists in the pod's network namespace only.</summary>
    public string Health { get; init; } = "demilune-firewall";

    /// <summary>Our own engine.</summary>
    public const string Demilune = "demilune";

    /// <summary>Suricata 7, a process of its own.</summary>
    public const string Suricata = "suricata";

    /// <summary>Which engine judges: <see cref="Demilune"/> or <see cref="Suricata"/>.</summary>
    public string Engine { get; init; } = Demilune;

    /// <summary>Suricata's program.</summary>
    public string SuricataProgram { get; init; } = "/usr/bin/suricata";

    /// <summary>Where Suricata's classification.config, reference.config and threshold.config are.</summary>
    public string SuricataFiles { get; init; } = "/etc/suricata";

    /// <summary>Where this process may write what Suricata reads.</summary>
    public string Work { get; init; } = "/var/lib/suricata";

    /// <summary>Suricata's own settings, PATH=VALUE, before what its file says.</summary>
    public IReadOnlyList<string> SuricataSettings { get; init; } = [];

    /// <summary>CPU of the packet thread. Null: wherever the kernel likes.</summary>
    public int? Cpu { get; init; }

    /// <summary>Whether to ask for SCHED_FIFO.</summary>
    public bool RealTime { get; init; } = true;

    /// <summary>Whether it is a hop of a switch's port chain, and forwards frames as a router; else as a wire.</summary>
    public bool Routes { get; init; }

    /// <summary>Whether each HTTP transaction is an event. Default no: on a busy node they would push the alerts out of every buffer behind us.</summary>
    public bool Transactions { get; init; }

    /// <summary>Ask a running firewall whether it is healthy, and exit.</summary>
    public bool AskHealth { get; init; }

    public const string Usage = """
        demilune-firewall: judges what passes between two interfaces.

          demilune-firewall [--in NAME] [--out NAME] [--agent SOCKET] [--rules DIR] [--log FILE]
          demilune-firewall health [--health NAME]

          --in NAME          interface by which the original direction of a flow enters (default: in)
          --out NAME         interface by which replies enter (default: out)
          --agent SOCKET     node agent's socket, from which policies come (in a pod: /run/demilune/agent.sock);
                             without it every rule file of --rules is one policy for all frames, tagged or not
          --rules DIR        where the policies' "builtin/NAME" is looked up as NAME.rules
                             (default: /usr/share/demilune/rules)
          --log FILE         append EVE lines to FILE as well as to standard output
          --health NAME      abstract socket that the health command asks (default: demilune-firewall)
          --engine NAME      demilune, or suricata: Suricata 7 as a child process, with --agent only (default: demilune)
          --suricata FILE    its program (default: /usr/bin/suricata)
          --suricata-files DIR  its classification.config and the like (default: /etc/suricata)
          --work DIR         where the files that it reads are written (default: /var/lib/suricata)
          --set PATH=VALUE   a setting of Suricata; as often as there are any
          --cpu N            keep the packet thread on CPU N
          --forward wire|routed  routed: a hop of a switch's port chain, which sends frames to our address; the agent
                             says who is next. wire (default): what comes by one leaves by the other
          --transactions on|off  an event for each HTTP transaction, not only for what is wrong (default: off)
          --realtime on|off  ask for SCHED_FIFO; with it the heartbeat keeps a deadline of 10 ms, else 100 ms (default: on)

        The health command exits with 0 if the packet thread runs and its policies are loaded, else it says why not.
        Needs CAP_NET_RAW; uses CAP_SYS_NICE. Waits for the interfaces. SIGTERM stops it.
        EVE goes to standard output, everything else to standard error. Each flag can be given as DEMILUNE_FLAG=VALUE.
        """;

    /// <param name="arguments">The command line.</param>
    /// <param name="environment">Value of a variable or null.</param>
    /// <param name="error">What is wrong, if null is returned.</param>
    /// <returns>Null if something is wrong.</returns>
    public static FirewallOptions? TryParse(IReadOnlyList<string> arguments, Func<string, string?> environment, out string error)
    {
        error = "";
        var options = new FirewallOptions();
        foreach (var flag in (string[])["in", "out", "agent", "rules", "log", "health", "engine", "suricata", "suricata-files", "work", "set", "cpu", "realtime", "forward", "transactions"])
            if (environment($"DEMILUNE_{flag.Replace('-', '_').ToUpperInvariant()}") is { Length: > 0 } value && !options.TryWith(flag, value, out options, out error))
                return null;
        for (var i = 0; i < arguments.Count; i++)
        {
            if (i == 0 && arguments[i] == "health")
            {
                options = options with { AskHealth = true };
                continue;
            }
            if (!arguments[i].StartsWith("--", StringComparison.Ordinal))
            {
                error = $"{arguments[i]}: not a flag; see --help";
                return null;
            }
            var (flag, value) = arguments[i].IndexOf('=', StringComparison.Ordinal) is > 0 and var at
                ? (arguments[i][2..at], arguments[i][(at + 1)..])
                : (arguments[i][2..], i + 1 < arguments.Count ? arguments[++i] : null);
            if (value is null)
            {
                error = $"--{flag} wants a value; see --help";
                return null;
            }
            if (!options.TryWith(flag, value, out options, out error)) return null;
        }
        if (options is { Engine: Suricata, Agent: null, AskHealth: false })
        {
            error = "--engine suricata needs --agent: without one there are no policies";
            return null;
        }
        if (options is { Engine: not Suricata, SuricataSettings.Count: > 0 })
        {
            error = "--set is for --engine suricata";
            return null;
        }
        if (options is { Engine: Suricata, Routes: true })
        {
            error = "--engine suricata cannot --forward routed: it bridges; port chains of a cloud take the engine demilune";
            return null;
        }
        if (options.In != options.Out) return options;
        error = $"--in and --out are both {options.In}: a firewall stands between two interfaces";
        return null;
    }

    private bool TryWith(string flag, string value, out FirewallOptions changed, out string error)
    {
        error = "";
        changed = this;
        switch (flag)
        {
            case "in": changed = this with { In = value }; return true;
            case "out": changed = this with { Out = value }; return true;
            case "agent": changed = this with { Agent = value }; return true;
            case "rules": changed = this with { Rules = value }; return true;
            case "log": changed = this with { Log = value }; return true;
            case "health": changed = this with { Health = value }; return true;
            case "engine" when value is Demilune or Suricata: changed = this with { Engine = value }; return true;
            case "engine": error = $"--engine {value}: {Demilune} or {Suricata} is wanted"; return false;
            case "suricata": changed = this with { SuricataProgram = value }; return true;
            case "suricata-files": changed = this with { SuricataFiles = value }; return true;
            case "work": changed = this with { Work = value }; return true;
            case "set" when value.IndexOf('=', StringComparison.Ordinal) > 0: changed = this with { SuricataSettings = [.. SuricataSettings, value] }; return true;
            case "set": error = $"--set {value}: PATH=VALUE is wanted"; return false;
            case "cpu" when int.TryParse(value, out var cpu) && cpu is >= 0 and < 1024: changed = this with { Cpu = cpu }; return true;
            case "cpu": error = $"--cpu {value}: a number from 0 to 1023 is wanted"; return false;
            case "realtime" when value is "on" or "off": changed = this with { RealTime = value == "on" }; return true;
            case "forward" when value is "wire" or "routed": changed = this with { Routes = value == "routed" }; return true;
            case "forward": error = $"--forward {value}: wire or routed is wanted"; return false;
            case "transactions" when value is "on" or "off": changed = this with { Transactions = value == "on" }; return true;
            case "realtime" or "transactions": error = $"--{flag} {value}: on or off is wanted"; return false;
            default: error = $"--{flag}: no such flag; see --help"; return false;
        }
    }
}
