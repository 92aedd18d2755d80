using Demilune.Rules.Headers;

namespace Demilune.Rules.Buffers;

/// <summary>What is known of a buffer before any traffic.</summary>
/// <param name="Id">Index.</param>
/// <param name="Name">As in a rule and in evidence.</param>
/// <param name="Directions">Where it can occur.</param>
/// <param name="Protocol">Whose it is; <see cref="AppProtocol.Unknown"/>: several, or none.</param>
/// <param name="IsMultiple">There may be several instances in one transaction; a test has to hold in one of them.</param>
public sealed record BufferInfo(BufferId Id, string Name, FlowDirections Directions, AppProtocol Protocol, bool IsMultiple = false);
