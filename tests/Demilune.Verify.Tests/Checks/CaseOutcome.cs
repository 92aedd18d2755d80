namespace Demilune.Verify.Tests.Checks;

/// <summary>What became of a case.</summary>
/// <param name="Name">Its path.</param>
/// <param name="Failure">Null: it passed. Otherwise the first thing that is not as expected.</param>
internal sealed record CaseOutcome(string Name, string? Failure)
{
    public bool Passed => Failure is null;
}
