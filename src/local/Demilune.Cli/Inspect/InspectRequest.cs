using Demilune.Inspection.Detection;

namespace Demilune.Cli.Inspect;

/// <summary>What <c>demilune inspect</c> was asked for.</summary>
internal sealed record InspectRequest
{
    /// <summary>Null: only rules are wanted.</summary>
    public CaptureFiles? Captures { get; init; }

    public IReadOnlyList<string> Rules { get; init; } = [];

    /// <summary>Null: standard output.</summary>
    public string? LogDirectory { get; init; }

    /// <summary>Whether a frame with a wrong checksum is left out, as its receiver would.</summary>
    public bool VerifyChecksums { get; init; } = true;

    /// <summary>Judge as if the frames passed through us.</summary>
    public bool Inline { get; init; }

    public bool RuleErrorsAreFatal { get; init; }

    /// <summary>What is wrong in the files beside the rules is fatal, too.</summary>
    public bool IsTest { get; init; }

    public bool OnlyRules { get; init; }

    /// <summary>Write down what the rules mean.</summary>
    public bool Describes { get; init; }

    /// <summary>Groups of ports that are told apart (<c>detect.custom-values</c>).</summary>
    public int MostToServer { get; init; } = 40;
    public int MostToClient { get; init; } = 20;

    public bool Quiet { get; init; }

    /// <summary>From the configuration; without one, the engine's own.</summary>
    public EngineSettings Settings { get; init; } = new();

    /// <summary>What the rules are compiled with.</summary>
    public RuleSurroundings Surroundings { get; init; } = RuleSurroundings.None;

    /// <summary>Rules that loaded, were refused, and were not for us: for the statistics.</summary>
    public (int Loaded, int Failed, int Skipped) RulesCounted { get; init; }

    /// <summary>Watches the rules; null: nobody asked.</summary>
    public RuleProfile? Profile { get; init; }

    /// <summary>Gets what went wrong.</summary>
    public EngineLog Log { get; init; } = EngineLog.None;

    /// <summary>Gets what the user is told.</summary>
    public TextWriter Said { get; init; } = Console.Error;
}
