using System.Globalization;
using Demilune.Inspection.Events;
using Demilune.Rules.Compile;
using Demilune.Wire.Ip;

namespace Demilune.Cli.Inspect;

/// <summary>A line for each alert, for people and for scripts that are older than EVE: Suricata's <c>fast.log</c>.</summary>
internal sealed class FastLog(TextWriter lines, bool inline, IEventSink next) : EventRelay(next), IDisposable
{
    public override void Alert(in AlertEvent alert)
    {
        var (signature, context) = (alert.Signature, alert.Context);
        var action = signature.Action switch
        {
            RuleAction.Drop or RuleAction.Reject or RuleAction.RejectSource or RuleAction.RejectDestination or RuleAction.RejectBoth => inline ? "[Drop] " : "[wDrop] ",
            _ => "",
        };
        var time = DateTime.UnixEpoch.AddTicks(context.Time / 100).ToString("MM/dd/yyyy-HH:mm:ss.ffffff", CultureInfo.InvariantCulture);
        var category = signature.Category.Length > 0 ? signature.Category : "(null)";
        lines.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{time}  {action}[**] [{signature.Gid}:{signature.Sid}:{signature.Rev}] {signature.Message} [**] [Classification: {category}] [Priority: {signature.Priority}] {{{Name(context.Protocol)}}} {context.Source}:{context.SourcePort} -> {context.Destination}:{context.DestinationPort}"));
        base.Alert(alert);
    }

    public void Dispose() => lines.Dispose();

    private static string Name(byte protocol) => protocol switch
    {
        IpProtocol.Tcp => "TCP",
        IpProtocol.Udp => "UDP",
        IpProtocol.Icmp => "ICMP",
        IpProtocol.Icmpv6 => "IPv6-ICMP",
        IpProtocol.Sctp => "SCTP",
        _ => $"PROTO:{protocol:D3}",
    };
}
