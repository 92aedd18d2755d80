namespace Demilune.Firewall.Engines;

/// <summary>Takes one EVE record: a JSON object without a line end. Called by one thread at a time; must not wait.</summary>
internal delegate void EveLineSink(ReadOnlySpan<byte> line);
