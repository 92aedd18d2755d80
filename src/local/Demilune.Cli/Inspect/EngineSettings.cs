using System.Collections.Frozen;
using System.Text;
using Demilune.Inspection;
using Demilune.Inspection.Events.Eve;
using Demilune.Rules.Headers;

namespace Demilune.Cli.Inspect;

/// <summary>What a configuration in Suricata's layout says to our engine.</summary>
internal sealed record EngineSettings
{
    public InspectorOptions Inspector { get; private init; } = new();
    public IReadOnlyDictionary<string, string> Variables { get; private init; } = RuleVariables.Default;

    /// <summary>Where events go. None: the configuration wants none.</summary>
    public IReadOnlyList<EveOutput> Outputs { get; private init; } = [new("eve.json", new())];

    /// <summary>Null: alerts are not written as lines.</summary>
    public string? FastFile { get; private init; }

    /// <summary>Null: the counters are not written as a table.</summary>
    public string? StatisticsFile { get; private init; }

    /// <summary>Where certificates go that rules want kept; null: nowhere.</summary>
    public string? CertificateDirectory { get; private init; }

    /// <summary>Null: no files are kept.</summary>
    public FileStoreSettings? FileStore { get; private init; }

    /// <summary>Null: the configuration does not say.</summary>
    public bool? VerifyChecksums { get; private init; }

    /// <summary>Nobody looks at them, not even rules that ask.</summary>
    public bool IgnoresChecksums => VerifyChecksums == false;

    /// <param name="settings">As read.</param>
    /// <param name="inline">Judge as if the frames passed through us.</param>
    /// <exception cref="InvalidDataException">A value cannot be what it is for.</exception>
    public static EngineSettings Of(Settings settings, bool inline)
    {
        var variables = new Dictionary<string, string>(RuleVariables.Default, StringComparer.Ordinal);
        foreach (var group in (string[])["vars.address-groups", "vars.port-groups"])
            foreach (var (name, value) in settings.Values(group)) variables[name] = value;
        inline |= settings.Flag("stream.inline") == true;
        var outputs = settings.Items("outputs").Where(item => item.Name == "eve-log" && settings.Flag($"{item.Path}.enabled") != false).ToArray();
        var written = EveOutput.Of(settings);
        var eve = written.Count > 0 ? written[0].Options : null;
        return new()
        {
            Variables = variables.ToFrozenDictionary(StringComparer.Ordinal),
            Outputs = written,
            FastFile = settings.Items("outputs").Where(item => item.Name == "fast" && settings.Flag($"{item.Path}.enabled") != false)
                .Select(item => settings.Text($"{item.Path}.filename") ?? "fast.log").FirstOrDefault(),
            StatisticsFile = StatisticsLog.FileOf(settings),
            CertificateDirectory = settings.Items("outputs").Where(item => item.Name == "tls-store" && settings.Flag($"{item.Path}.enabled") != false)
                .Select(item => settings.Text($"{item.Path}.certs-log-dir") ?? "").FirstOrDefault(),
            VerifyChecksums = settings.Text("pcap-file.checksum-checks") == "auto" ? null : settings.Flag("pcap-file.checksum-checks"),
            FileStore = StoreOf(settings) is { } store ? new(settings.Text($"{store}.dir") ?? "filestore", settings.Flag($"{store}.write-fileinfo") == true,
                int.TryParse(settings.Text($"{store}.max-open-files"), out var most) && most > 0 ? most : DefaultOpenFiles, new()) : null,
            Inspector = new()
            {
                Http = HttpOf(settings, eve),
                Mail = MailOf(settings, TlsSettings.Record(settings, outputs.Length > 0 ? outputs[0].Path : null, "smtp")),
                Files = FilesOf(settings, StoreOf(settings), outputs.Length > 0 ? outputs[0].Path : null),
                Inline = inline,
                LogFlows = true,
                TellsFrames = written.Any(output => output.Options.Types is { } told && told.Contains("frame")),
                TellsSegments = written.Any(output => output.Options.Segments != 0),
                Tunnels = TunnelSettings.Of(settings, variables),
                SeparateVlans = settings.Flag("vlan.use-for-tracking") != false,
                KeepsPackets = written.Any(output => output.Options is { PacketHeader: true } or { Packet: true } or { TaggedPackets: true }),
                KeepsEthernet = written.Any(output => output.Options.Ethernet),
                Ssh = new()
                {
                    Hassh = settings.Text("app-layer.protocols.ssh.hassh") is null or "auto" ? null : settings.Flag("app-layer.protocols.ssh.hassh"),
                    Encryption = TlsSettings.Encryption(settings, "ssh", "bypass"),
                },
                Quic = new() { LogJa4 = TlsSettings.Record(settings, outputs.Length > 0 ? outputs[0].Path : null, "quic") is { } quic && settings.Flag($"{quic}.ja4") == true },
                DhcpExtended = TlsSettings.Record(settings, outputs.Length > 0 ? outputs[0].Path : null, "dhcp") is { } dhcp && settings.Flag($"{dhcp}.extended") == true,
                Disabled = [.. Enum.GetValues<AppProtocol>().Where(app => settings.Flag($"app-layer.protocols.{ProtocolMatch.NameOf(app)}.enabled") == false)],
                TellPgsqlPasswords = TlsSettings.Record(settings, outputs.Length > 0 ? outputs[0].Path : null, "pgsql") is { } pgsql && settings.Flag($"{pgsql}.passwords") == true,
                Tls = TlsSettings.Of(settings, outputs.Length > 0 ? outputs[0].Path : null),
                Streams = StreamSettings.Of(settings, inline),
                GuessesTransactions = settings.Flag("detect.guess-applayer-tx") == true,
                MaxAlertsPerPacket = (int)(settings.Size("packet-alert-max") is > 0 and <= 65_535 and var alerts ? alerts : 15),
                StreamDepth = (int)Math.Min(settings.Size("stream.reassembly.depth") ?? 1 << 20, int.MaxValue),
            },
        };
    }

    /// <summary>Suricata has no limit by itself; what a process may open by default on Linux is 1024.</summary>
    private const int DefaultOpenFiles = 512;

    /// <summary>A configuration that does not speak of bodies has 4 KiB of them looked at, and two codings undone, as in Suricata.</summary>
    private static HttpOptions HttpOf(Settings settings, EveOptions? eve)
    {
        if (settings.IsEmpty) return new();
        const string http = "app-layer.protocols.http.libhtp.default-config";
        return new()
        {
            TellsHeads = eve is { HttpRequestHeaders: true } or { HttpResponseHeaders: true } or { HttpCustom.Count: > 0 } or { ForwardedFor: not null },
            TellsBodies = eve is { HttpBody: true } or { HttpBodyPrintable: true },
            UriPasses = settings.Flag($"{http}.double-decode-path") == true || settings.Flag($"{http}.double-decode-query") == true ? 2 : 1,
            RequestBodyLimit = settings.Size($"{http}.request-body-limit") ?? 4096,
            ResponseBodyLimit = settings.Size($"{http}.response-body-limit") ?? 4096,
            MaxCodings = (int)Math.Clamp(settings.Size($"{http}.response-body-decompress-layer-limit") ?? 2, 1, 16),
        };
    }

    /// <param name="settings">As read.</param>
    /// <param name="record">What is said of records of SMTP; null: nothing.</param>
    private static MailOptions MailOf(Settings settings, string? record)
    {
        const string smtp = "app-layer.protocols.smtp";
        string[] schemes = [.. settings.Items($"{smtp}.mime.extract-urls-schemes").Select(item => item.Name)];
        if (schemes.Length == 0) schemes = ["http"];
        string[] Listed(string name) => record is null ? [] : [.. settings.Items($"{record}.{name}").Select(item => item.Name.ToLowerInvariant())];
        var custom = Listed("custom");
        var extended = record is not null && settings.Flag($"{record}.extended") == true;
        return new()
        {
            Told = [.. MailField.All.Where(field => (extended && field.IsExtended) || custom.Contains(field.Name) || custom.Contains(field.Field))],
            TellsSubjectHash = Listed("md5").Contains("subject"),
            RawExtraction = settings.Flag($"{smtp}.raw-extraction") == true,
            InspectedFrom = settings.Size($"{smtp}.inspected-tracker.content-inspect-min-size") ?? new MailOptions().InspectedFrom,
            UrlSchemes = settings.Flag($"{smtp}.mime.extract-urls") == false ? [] : [.. schemes.Select(name => Encoding.ASCII.GetBytes(name == "mailto" ? "mailto:" : $"{name.ToLowerInvariant()}://"))],
            KeepsUrlScheme = settings.Flag($"{smtp}.mime.log-url-scheme") == true,
        };
    }

    private static string? StoreOf(Settings settings)
    {
        foreach (var (name, path) in settings.Items("outputs"))
            if (name == "file-store" && settings.Flag($"{path}.enabled") == true) return path;
        return null;
    }

    private static FileTrackingOptions FilesOf(Settings settings, string? store, string? eve)
    {
        var hashes = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var magic = false;
        List<string> places = store is null ? [] : [store];
        if (eve is not null)
            foreach (var (name, path) in settings.Items($"{eve}.types"))
                if (name == "files") places.Add(path);
        foreach (var place in places)
        {
            magic |= settings.Flag($"{place}.force-magic") == true;
            if (settings.Text($"{place}.force-hash") is { } one) hashes.Add(one);
            foreach (var (name, _) in settings.Items($"{place}.force-hash")) hashes.Add(name);
        }
        return new()
        {
            Md5 = hashes.Contains("md5"), Sha1 = hashes.Contains("sha1"), Sha256 = hashes.Contains("sha256"), Magic = magic,
            Keep = store is not null, KeepAll = store is not null && settings.Flag($"{store}.force-filestore") == true,
            Depth = store is null ? 0 : settings.Size($"{store}.stream-depth") ?? 0,
        };
    }
}
