using System.Globalization;
using Demilune.Wire.Decoding;

namespace Demilune.Cli.Inspect;

/// <summary>What a configuration says of tunnels (<c>decoder</c>).</summary>
internal static class TunnelSettings
{
    public static TunnelOptions Of(Settings settings, IReadOnlyDictionary<string, string> variables)
    {
        var options = TunnelOptions.Default;
        return options with
        {
            MaxLayers = (int)Math.Clamp(settings.Size("decoder.max-layers") ?? options.MaxLayers, 1, 64),
            Teredo = settings.Flag("decoder.teredo.enabled") ?? options.Teredo,
            TeredoPorts = Ports("teredo") ?? options.TeredoPorts,
            Vxlan = settings.Flag("decoder.vxlan.enabled") ?? options.Vxlan,
            VxlanPorts = Ports("vxlan") ?? options.VxlanPorts,
            Geneve = settings.Flag("decoder.geneve.enabled") ?? options.Geneve,
            GenevePorts = Ports("geneve") ?? options.GenevePorts,
        };

        ushort[]? Ports(string tunnel)
        {
            if (settings.Text($"decoder.{tunnel}.ports") is not { } text) return null;
            if (text.TrimStart().StartsWith('$')) text = variables.GetValueOrDefault(text.Trim()[1..], "");
            return [.. text.Split([',', '[', ']', ' '], StringSplitOptions.RemoveEmptyEntries)
                .Select(word => ushort.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var port) ? port : (ushort)0).Where(port => port != 0)];
        }
    }
}
