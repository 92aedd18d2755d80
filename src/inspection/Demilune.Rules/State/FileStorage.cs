namespace Demilune.Rules.State;

/// <summary>What <c>filestore</c> wants kept after a match.</summary>
/// <param name="Direction">Whose files.</param>
/// <param name="Scope">How many.</param>
public sealed record FileStorage(FileDirection Direction, FileScope Scope);

/// <summary>Whose files.</summary>
public enum FileDirection : byte
{
    /// <summary>Of the direction in which the rule matched.</summary>
    Matched,
    Request,
    Response,
    Both,
}

/// <summary>How many files.</summary>
public enum FileScope : byte
{
    /// <summary>The one that was looked at.</summary>
    File,

    /// <summary>All of its transaction from then on.</summary>
    Transaction,

    /// <summary>All of its flow from then on.</summary>
    Flow,
}
