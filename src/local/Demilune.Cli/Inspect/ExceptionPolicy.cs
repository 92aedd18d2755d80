using Demilune.Inspection;

namespace Demilune.Cli.Inspect;

/// <summary>Suricata's words for what to do where a packet cannot be judged as usual.</summary>
internal static class ExceptionPolicy
{
    /// <summary>What becomes of a TCP flow whose beginning was not seen.</summary>
    /// <param name="settings"><c>stream.midstream</c>, <c>stream.midstream-policy</c>, <c>exception-policy</c>.</param>
    /// <param name="inline">What is dropped does not arrive.</param>
    /// <exception cref="InvalidDataException">The policy cannot be had for such flows.</exception>
    public static MidStreamPolicy OfMidStream(Settings settings, bool inline)
    {
        var isPickedUp = settings.Flag("stream.midstream") == true;
        var own = settings.Text("stream.midstream-policy");
        var policy = own ?? settings.Text("exception-policy") ?? "auto";
        if (policy == "auto") policy = inline && !isPickedUp ? "drop-flow" : "ignore";
        var isPossible = policy switch
        {
            "ignore" or "pass-flow" => true,
            "bypass" => !isPickedUp,
            "drop-flow" => !isPickedUp && inline,
            "reject" => !isPickedUp,
            "drop-packet" or "pass-packet" => false,
            _ => throw new InvalidDataException($"'{policy}' is no exception policy; there are auto, ignore, bypass, pass-flow, pass-packet, drop-flow, drop-packet and reject"),
        };
        // The policy for everything need not fit everywhere.
        if (!isPossible && own is null) policy = "ignore";
        else if (!isPossible)
            throw new InvalidDataException($"stream.midstream-policy: '{policy}' cannot be had {(isPickedUp ? "when such flows are picked up" : "for whole flows, or without being in the wire")}");
        return policy switch
        {
            "pass-flow" => MidStreamPolicy.Pass,
            "bypass" => MidStreamPolicy.Release,
            "drop-flow" or "reject" => MidStreamPolicy.Drop,
            _ => isPickedUp ? MidStreamPolicy.Inspect : MidStreamPolicy.Packets,
        };
    }
}
