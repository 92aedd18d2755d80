using Demilune.Inspection.Events;

namespace Demilune.Inspection.Detection;

/// <summary>A file that is over, and the packet that it will be told with is not there yet.</summary>
internal sealed record QueuedFile(FileCopy File, KeptTransaction Transaction, bool IsTold);
