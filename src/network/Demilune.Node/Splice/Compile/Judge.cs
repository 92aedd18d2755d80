using Demilune.Contracts.Nodes;
using OnFailure = Demilune.Contracts.Nodes.SecurityPolicy.Types.OnFailure;

namespace Demilune.Node.Splice.Compile;

/// <summary>A security policy as a classifier names it.</summary>
/// <param name="IsShadow">It only tells what it would have done.</param>
/// <param name="IsLoaded">False: no firewall is to load it (it was refused, or does not exist).</param>
internal readonly record struct Judge(ushort Tag, bool IsShadow, bool Detects, OnFailure OnFailure, bool IsLoaded, string Name) : IComparable<Judge>
{
    /// <param name="policy">Null: the state does not know it; its flows are closed unless a firewall does.</param>
    public static Judge Of(uint tag, bool isShadow, SecurityPolicy? policy) => new(
        (ushort)tag, isShadow, policy is { Mode: SecurityPolicy.Types.Mode.Detect }, Known(policy?.OnFailure),
        policy is not { Firewalls.Count: 0 }, policy?.Name ?? "");

    /// <summary>If nobody can judge, what it would have judged passes.</summary>
    public bool FailsOpen => OnFailure == OnFailure.Open;

    /// <summary>The order in which they speak: what prevents before what detects, what fails closed before what fails open, then by name; shadows last.</summary>
    public int CompareTo(Judge other)
    {
        var order = (IsShadow, Detects, FailsOpen).CompareTo((other.IsShadow, other.Detects, other.FailsOpen));
        if (order == 0) order = string.CompareOrdinal(Name, other.Name);
        return order != 0 ? order : Tag.CompareTo(other.Tag);
    }

    // The contract's numbers are the tables'; one that we do not know (of a newer controller) is Closed.
    private static OnFailure Known(OnFailure? said) => said is OnFailure.Open or OnFailure.ClosedForNew ? said.Value : OnFailure.Closed;
}
