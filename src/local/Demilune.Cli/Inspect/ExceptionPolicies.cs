using Demilune.Inspection.Streams;

namespace Demilune.Cli.Inspect;

/// <summary>Suricata's words for what to do where a packet cannot be judged as usual.</summary>
internal static class ExceptionPolicies
{
    /// <summary>For a condition that has a setting of its own.</summary>
    /// <param name="settings">Its own setting, else <c>exception-policy</c>.</param>
    /// <param name="path">Of its own setting.</param>
    /// <param name="inline">What is dropped does not arrive.</param>
    /// <param name="hasFlow">There is a flow by then to which a policy could apply.</param>
    /// <exception cref="InvalidDataException">There is no such policy.</exception>
    public static ExceptionPolicy Of(Settings settings, string path, bool inline, bool hasFlow)
    {
        var policy = Parse(settings.Text(path) ?? settings.Text("exception-policy") ?? "auto", inline ? ExceptionPolicy.DropFlow : ExceptionPolicy.Ignore);
        if (!inline && policy is ExceptionPolicy.DropFlow or ExceptionPolicy.DropPacket) return ExceptionPolicy.Ignore;
        return (policy, hasFlow) switch
        {
            (ExceptionPolicy.DropFlow, false) => ExceptionPolicy.DropPacket,
            (ExceptionPolicy.PassFlow, false) => ExceptionPolicy.PassPacket,
            (ExceptionPolicy.Bypass, false) => ExceptionPolicy.Ignore,
            _ => policy,
        };
    }

    /// <summary>What becomes of a TCP packet whose connection's beginning was not seen.</summary>
    /// <param name="settings"><c>stream.midstream</c>, <c>stream.midstream-policy</c>, <c>exception-policy</c>.</param>
    /// <param name="inline">What is dropped does not arrive.</param>
    /// <exception cref="InvalidDataException">The policy cannot be had for such flows.</exception>
    public static ExceptionPolicy OfMidStream(Settings settings, bool inline)
    {
        var isPickedUp = settings.Flag("stream.midstream") == true;
        var own = settings.Text("stream.midstream-policy");
        var policy = Parse(own ?? settings.Text("exception-policy") ?? "auto", inline && !isPickedUp ? ExceptionPolicy.DropFlow : ExceptionPolicy.Ignore);
        var isPossible = policy switch
        {
            ExceptionPolicy.Ignore or ExceptionPolicy.PassFlow => true,
            ExceptionPolicy.Bypass or ExceptionPolicy.Reject => !isPickedUp,
            ExceptionPolicy.DropFlow => !isPickedUp && inline,
            _ => false,
        };
        if (isPossible) return policy;
        // The policy for everything need not fit everywhere; what there is of it holds.
        if (own is null) return policy == ExceptionPolicy.Bypass || (inline && policy is ExceptionPolicy.DropFlow or ExceptionPolicy.Reject) ? policy : ExceptionPolicy.Ignore;
        throw new InvalidDataException(
            $"stream.midstream-policy: '{own}' cannot be had {(isPickedUp ? "when such flows are picked up" : "for whole flows, or without being in the wire")}");
    }

    private static ExceptionPolicy Parse(string word, ExceptionPolicy auto) => word switch
    {
        "auto" => auto,
        "ignore" => ExceptionPolicy.Ignore,
        "pass-packet" => ExceptionPolicy.PassPacket,
        "pass-flow" => ExceptionPolicy.PassFlow,
        "bypass" => ExceptionPolicy.Bypass,
        "drop-packet" => ExceptionPolicy.DropPacket,
        "drop-flow" => ExceptionPolicy.DropFlow,
        "reject" => ExceptionPolicy.Reject,
        _ => throw new InvalidDataException(
            $"'{word}' is no exception policy; there are auto, ignore, bypass, pass-flow, pass-packet, drop-flow, drop-packet and reject"),
    };
}
