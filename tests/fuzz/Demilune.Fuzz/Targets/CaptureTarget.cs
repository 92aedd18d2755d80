using Demilune.Wire.Captures;

namespace Demilune.Fuzz.Targets;

/// <summary>Captures of either format.</summary>
internal static class CaptureTarget
{
    public static FuzzTarget Capture { get; } = new("capture", "pcap and pcapng files", bytes =>
    {
        try
        {
            var reader = CaptureReader.Open(new MemoryStream(bytes));
            while (reader.TryRead(out var frame)) _ = frame.Bytes.Length;
        }
        catch (InvalidDataException)
        {
            // what it says about bytes that are no capture
        }
    });
}
