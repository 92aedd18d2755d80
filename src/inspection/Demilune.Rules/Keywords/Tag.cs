using System.Globalization;
using Demilune.Rules.State;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary><c>tag:session[,COUNT,packets|bytes|seconds]</c> and <c>tag:host,COUNT,packets|bytes|seconds,src|dst</c></summary>
internal static class Tag
{
    public static SyntaxFault? Parse(SignatureBuilder signature, OptionSyntax option)
    {
        var parts = (option.Value ?? "session").Split(',', StringSplitOptions.TrimEntries);
        var (count, metric) = (RuleTag.DefaultPackets, TagMetric.Packets);
        var isHost = parts[0] == "host";
        if (parts[0] is not ("session" or "host")) return option.Fault($"tag follows a session or a host, not '{parts[0]}'.");
        if (parts.Length == 2 || parts.Length > 4 || (isHost && parts.Length != 4) || (!isHost && parts.Length == 4))
            return option.Fault("tag is written tag:session,COUNT,packets|bytes|seconds; or tag:host,COUNT,packets|bytes|seconds,src|dst;");
        if (parts.Length >= 3)
        {
            TagMetric? named = parts[2] switch { "packets" => TagMetric.Packets, "bytes" => TagMetric.Bytes, "seconds" => TagMetric.Seconds, _ => null };
            if (named is null) return option.Fault($"A tag counts packets, bytes or seconds, not '{parts[2]}'.");
            if (!uint.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return option.Fault($"'{parts[1]}' is no number of {parts[2]}.");
            (count, metric) = (number, named.Value);
        }
        if (isHost && parts[3] is not ("src" or "dst")) return option.Fault($"A tagged host is src or dst, not '{parts[3]}'.");
        signature.Tag = new(isHost ? parts[3] == "src" ? TagTarget.Source : TagTarget.Destination : TagTarget.Session, count, metric);
        return null;
    }
}
