using Demilune.Rules.Buffers;

namespace Demilune.Rules.Matching;

/// <summary>Where one content or expression of a signature matched.</summary>
/// <param name="Buffer">The buffer, before transformations.</param>
/// <param name="Instance">Which of a multiple buffer.</param>
/// <param name="Transformed">The offset counts in what a transformation made of the buffer, not in the buffer itself.</param>
/// <param name="Offset">From the start of the bytes the caller gave.</param>
/// <param name="Length">Zero for an expression that matches the empty string.</param>
public readonly record struct Evidence(BufferId Buffer, int Instance, bool Transformed, int Offset, int Length);
