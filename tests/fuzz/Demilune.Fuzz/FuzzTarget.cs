namespace Demilune.Fuzz;

/// <summary>Something that has to survive any bytes.</summary>
/// <param name="Name">On the command line, and of its folder in the corpus.</param>
/// <param name="Description">One line.</param>
/// <param name="Run">Throws if an invariant does not hold. Any exception is a find.</param>
public sealed record FuzzTarget(string Name, string Description, Action<byte[]> Run);
