using Demilune.Rules.Buffers;

namespace Demilune.Rules.Compile;

/// <summary>What makes a signature worth a try: that something it cannot match without is in one of its buffers.</summary>
/// <param name="Buffer">Which one.</param>
/// <param name="Literal">Looked for in it; empty: it has none that could be looked for.</param>
/// <param name="NoCase">In any case.</param>
/// <param name="Expression">Without a literal: looked for together with those of other signatures; null: it is enough that the buffer is there.</param>
public sealed record SignaturePrefilter(BufferId Buffer, ReadOnlyMemory<byte> Literal, bool NoCase, string? Expression);
