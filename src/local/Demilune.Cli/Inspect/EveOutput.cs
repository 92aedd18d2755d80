using System.Collections.Frozen;
using Demilune.Inspection.Events.Eve;

namespace Demilune.Cli.Inspect;

/// <summary>An output of events: a file, and what goes into it.</summary>
internal sealed record EveOutput(string File, EveOptions Options)
{
    /// <summary>All that the configuration has; one for everything where it says nothing of outputs.</summary>
    public static IReadOnlyList<EveOutput> Of(Settings settings)
    {
        if (!settings.Has("outputs")) return [new("eve.json", new())];
        return [.. settings.Items("outputs").Where(item => item.Name == "eve-log" && settings.Flag($"{item.Path}.enabled") != false)
            .Select(item => new EveOutput(settings.Text($"{item.Path}.filename") ?? "eve.json", OptionsOf(settings, item.Path)))];
    }

    private static EveOptions OptionsOf(Settings settings, string path)
    {
        var types = new HashSet<string>(StringComparer.Ordinal);
        var options = new EveOptions
        {
            Ethernet = settings.Flag($"{path}.ethernet") == true,
            Metadata = settings.Flag($"{path}.metadata") != false,
            CaptureName = settings.Flag($"{path}.pcap-file") == true,
            Host = settings.Text("sensor-name"),
            ForwardedFor = ForwardedOf(settings, $"{path}.xff"),
        };
        if (settings.Flag($"{path}.community-id") == true) options = options with { CommunitySeed = (ushort)(settings.Size($"{path}.community-id-seed") ?? 0) };
        foreach (var (name, below) in settings.Items($"{path}.types"))
        {
            if (settings.Flag($"{below}.enabled") == false) continue;
            types.Add(name switch { "files" => "fileinfo", "bittorrent-dht" => "bittorrent_dht", _ => name });
            if (name == "ftp") types.Add("ftp_data");
            if (name == "stream") options = options with { Segments = SegmentsOf(settings, below) };
            if (name == "dns") options = options with { Dns = DnsOf(settings, below) };
            if (name == "anomaly") options = options with { Anomalies = AnomaliesOf(settings, below), PacketHeader = settings.Flag($"{below}.packethdr") == true };
            if (name == "alert")
            {
                options = options with
                {
                    Payload = settings.Flag($"{below}.payload") == true,
                    PayloadPrintable = settings.Flag($"{below}.payload-printable") == true,
                    Packet = settings.Flag($"{below}.packet") == true,
                    Verdict = settings.Flag($"{below}.verdict") == true,
                    TaggedPackets = settings.Flag($"{below}.tagged-packets") != false,
                    HttpBody = settings.Flag($"{below}.http-body") == true,
                    HttpBodyPrintable = settings.Flag($"{below}.http-body-printable") == true,
                };
            }
            if (name == "http")
            {
                var dumped = settings.Text($"{below}.dump-all-headers");
                options = options with
                {
                    HttpExtended = settings.Flag($"{below}.extended") == true,
                    HttpCustom = settings.Items($"{below}.custom").Select(item => item.Name.ToLowerInvariant().Replace('-', '_')).ToFrozenSet(StringComparer.Ordinal),
                    HttpRequestHeaders = dumped is "both" or "request",
                    HttpResponseHeaders = dumped is "both" or "response",
                };
            }
            if (name == "drop") options = options with { DropAlerts = settings.Flag($"{below}.alerts") == true, DropVerdict = settings.Flag($"{below}.verdict") == true, OnlyFirstDrops = settings.Text($"{below}.flows") == "start" };
        }
        return options with { Types = types.ToFrozenSet(StringComparer.Ordinal) };
    }

    private static ForwardedFor? ForwardedOf(Settings settings, string path) => settings.Flag($"{path}.enabled") != true ? null
        : new(settings.Text($"{path}.header") ?? "X-Forwarded-For", settings.Text($"{path}.deployment") != "forward", settings.Text($"{path}.mode") == "overwrite");

    private static SegmentRecords SegmentsOf(Settings settings, string below)
    {
        var kinds = SegmentRecords.None;
        foreach (var (name, kind) in (ReadOnlySpan<(string, SegmentRecords)>)[("event-set", SegmentRecords.Odd), ("state-update", SegmentRecords.Steps), ("spurious-retransmission", SegmentRecords.Spurious), ("all", SegmentRecords.All)])
            if (settings.Flag($"{below}.{name}") == true) kinds |= kind;
        return kinds;
    }

    /// <summary>By the older names too.</summary>
    private static DnsRecordOptions DnsOf(Settings settings, string below)
    {
        string[] types = [.. settings.Items($"{below}.types").Select(item => item.Name.ToUpperInvariant())];
        return new()
        {
            Requests = (settings.Flag($"{below}.requests") ?? settings.Flag($"{below}.query")) != false,
            Responses = (settings.Flag($"{below}.responses") ?? settings.Flag($"{below}.answer")) != false,
            Types = types.Length > 0 ? types.ToFrozenSet(StringComparer.Ordinal) : null,
        };
    }

    /// <summary>Suricata tells what parsers notice unless asked not to, and the rest only if asked to.</summary>
    private static Anomalies AnomaliesOf(Settings settings, string below)
    {
        var kinds = Anomalies.AppLayer;
        foreach (var (name, kind) in (ReadOnlySpan<(string, Anomalies)>)[("decode", Anomalies.Decode), ("stream", Anomalies.Stream), ("applayer", Anomalies.AppLayer)])
            if (settings.Flag($"{below}.types.{name}") is { } wanted) kinds = wanted ? kinds | kind : kinds & ~kind;
        return kinds;
    }
}
