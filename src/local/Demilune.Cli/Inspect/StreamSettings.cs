using System.Globalization;
using System.Net;
using Demilune.Inspection.Streams;
using Demilune.Wire.Ip;

namespace Demilune.Cli.Inspect;

/// <summary>The sections <c>stream</c> and <c>host-os-policy</c>.</summary>
internal static class StreamSettings
{
    /// <param name="settings">As read.</param>
    /// <param name="inline">What is dropped does not arrive.</param>
    /// <exception cref="InvalidDataException">A value cannot be what it is for.</exception>
    public static StreamOptions Of(Settings settings, bool inline)
    {
        var defaults = new StreamOptions();
        return new()
        {
            Inline = settings.Text("stream.inline") is null or "auto" ? inline : settings.Flag("stream.inline") == true,
            Enforces = inline,
            // Whoever configures nothing wants to see what there is.
            MidStream = settings.Flag("stream.midstream") ?? settings.IsEmpty,
            OneSided = settings.Flag("stream.async-oneside") == true,
            DropInvalid = settings.Flag("stream.drop-invalid") != false,
            ChecksOverlaps = settings.Flag("stream.reassembly.check-overlap-different-data") ?? settings.IsEmpty,
            Bypass = settings.Flag("stream.bypass") == true,
            Depth = settings.Size("stream.reassembly.depth") ?? (settings.IsEmpty ? defaults.Depth : 0),
            ChunkToServer = (int)(settings.Size("stream.reassembly.toserver-chunk-size") ?? defaults.ChunkToServer),
            ChunkToClient = (int)(settings.Size("stream.reassembly.toclient-chunk-size") ?? defaults.ChunkToClient),
            MaxSyns = (int)(settings.Size("stream.max-syn-queued") ?? defaults.MaxSyns),
            MaxSynAcks = (int)(settings.Size("stream.max-synack-queued") ?? defaults.MaxSynAcks),
            LiberalTimestamps = settings.Flag("stream.liberal-timestamps") == true,
            MidStreamPolicy = settings.IsEmpty ? ExceptionPolicy.Ignore : ExceptionPolicies.OfMidStream(settings, inline),
            ReassemblyPolicy = settings.IsEmpty ? ExceptionPolicy.Ignore : ExceptionPolicies.Of(settings, "stream.reassembly.memcap-policy", inline, hasFlow: true),
            ParserPolicy = settings.IsEmpty ? ExceptionPolicy.Ignore : ExceptionPolicies.Of(settings, "app-layer.error-policy", inline, hasFlow: true),
            Timeouts = TimeoutsOf(settings, defaults.Timeouts),
            Urgent = UrgentOf(settings.Text("stream.reassembly.urgent.policy"), settings.IsEmpty ? UrgentPolicy.OutOfBand : UrgentPolicy.Inline),
            Hosts = [.. HostsOf(settings)],
        };
    }

    private static FlowTimeouts TimeoutsOf(Settings settings, FlowTimeouts usual)
    {
        return usual with { Tcp = Of("tcp", usual.Tcp), Udp = Of("udp", usual.Udp), Icmp = Of("icmp", usual.Icmp), Other = Of("default", usual.Other) };

        Lives Of(string name, Lives lives) => new(Seconds($"{name}.new", lives.New), Seconds($"{name}.established", lives.Established), Seconds($"{name}.closed", lives.Closed));

        int Seconds(string path, int usually) => (int)Math.Min(settings.Size($"flow-timeouts.{path}") ?? usually, int.MaxValue);
    }

    private static UrgentPolicy UrgentOf(string? word, UrgentPolicy usual) => word switch
    {
        null => usual,
        "oob" => UrgentPolicy.OutOfBand,
        "inline" => UrgentPolicy.Inline,
        "drop" => UrgentPolicy.Drop,
        "gap" => UrgentPolicy.Gap,
        _ => throw new InvalidDataException($"stream.reassembly.urgent: '{word}' is no policy; there are oob, inline, drop and gap"),
    };

    private static IEnumerable<HostPolicy> HostsOf(Settings settings)
    {
        foreach (var name in (string[])["bsd", "bsd-right", "windows", "windows2k3", "vista", "old-linux", "linux", "old-solaris", "solaris", "hpux10", "hpux11", "irix", "macos"])
            foreach (var (block, _) in settings.Items($"host-os-policy.{name}"))
                yield return Parse(block, Overlaps.Parse(name)!.Value);
    }

    private static HostPolicy Parse(string block, OverlapPolicy policy)
    {
        var parts = block.Trim().Split('/');
        if (!IPAddress.TryParse(parts[0], out var address) || parts.Length > 2) throw new InvalidDataException($"host-os-policy: '{block}' is no address and no block of addresses");
        var isV4 = address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork;
        var length = isV4 ? 32 : 128;
        if (parts.Length == 2 && (!int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out length) || length > (isV4 ? 32 : 128)))
            throw new InvalidDataException($"host-os-policy: '{block}' is no block of addresses");
        return new(new(isV4 ? IpAddressOf(address.MapToIPv6()) : IpAddressOf(address)), length + (isV4 ? 96 : 0), policy);
    }

    private static UInt128 IpAddressOf(IPAddress address) => System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(address.GetAddressBytes());
}
