using Demilune.Policy.Intents;
using Demilune.Wire.Decoding;

namespace Demilune.Cli.Policies;

/// <summary>What a traced connection carries.</summary>
/// <param name="What">In words: "this request".</param>
/// <param name="Frames">As they would come to the firewall.</param>
internal sealed record TracedTraffic(string What, Func<Attempt, IEnumerable<TracedFrame>> Frames);

/// <summary>One frame of it.</summary>
/// <param name="FromClient">Else it is of the side that accepted the connection.</param>
/// <param name="Kind">What the bytes begin with.</param>
/// <param name="Link">As captures number it.</param>
/// <param name="Time">Nanoseconds since 1970.</param>
internal readonly record struct TracedFrame(bool FromClient, byte[] Bytes, PacketKind Kind, int Link, long Time);
