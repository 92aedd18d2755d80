using System.Collections.Frozen;
using Demilune.Inspection;
using Demilune.Inspection.Events.Eve;
using Demilune.Rules.Headers;

namespace Demilune.Cli.Inspect;

/// <summary>What a configuration in Suricata's layout says to our engine.</summary>
internal sealed record EngineSettings
{
    public InspectorOptions Inspector { get; private init; } = new();
    public IReadOnlyDictionary<string, string> Variables { get; private init; } = RuleVariables.Default;

    /// <summary>Null: the configuration has no EVE output.</summary>
    public EveOptions? Eve { get; private init; } = new();
    public string EveFile { get; private init; } = "eve.json";

    /// <summary>Null: the configuration does not say.</summary>
    public bool? VerifyChecksums { get; private init; }

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
        return new()
        {
            Variables = variables.ToFrozenDictionary(StringComparer.Ordinal),
            Eve = outputs.Length > 0 ? EveOf(settings, outputs[0].Path) : settings.Has("outputs") ? null : new(),
            EveFile = outputs.Length > 0 ? settings.Text($"{outputs[0].Path}.filename") ?? "eve.json" : "eve.json",
            VerifyChecksums = settings.Flag("pcap-file.checksum-checks"),
            Inspector = new()
            {
                Inline = inline,
                LogFlows = true,
                MidStream = settings.IsEmpty ? MidStreamPolicy.Inspect : ExceptionPolicy.OfMidStream(settings, inline),
                StreamDepth = (int)Math.Min(settings.Size("stream.reassembly.depth") ?? 1 << 20, int.MaxValue),
            },
        };
    }

    private static EveOptions EveOf(Settings settings, string path)
    {
        var types = new HashSet<string>(StringComparer.Ordinal);
        var options = new EveOptions();
        foreach (var (name, below) in settings.Items($"{path}.types"))
        {
            if (settings.Flag($"{below}.enabled") == false) continue;
            types.Add(name switch { "files" => "fileinfo", _ => name });
            if (name == "alert")
            {
                options = options with
                {
                    Payload = settings.Flag($"{below}.payload") == true,
                    PayloadPrintable = settings.Flag($"{below}.payload-printable") == true,
                    Packet = settings.Flag($"{below}.packet") == true,
                };
            }
        }
        return options with { Types = types.ToFrozenSet(StringComparer.Ordinal) };
    }
}
