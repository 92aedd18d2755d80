using Demilune.Inspection.Frames;
using Demilune.Wire.Captures;

namespace Demilune.Bench;

/// <summary>A capture to read with two engines: connections of a few requests each, pages of 1 to 100 KB, in segments as they come off a wire.</summary>
internal static class Traffic
{
    private const int SegmentBytes = 1448;

    public static int Write(string file, int connections)
    {
        Exchange[] exchanges = [Exchange.OfBrowser(1024, SegmentBytes), Exchange.OfBrowser(16 << 10, SegmentBytes), Exchange.OfSize(102_400, SegmentBytes)];
        using var stream = File.Create(file);
        var writer = new CaptureWriter(stream);
        var time = 1_750_000_000_000_000_000L;
        FrameHandler record = (in Frame frame) => writer.Write(time += 10_000, frame.Bytes);
        for (var connection = 0; connection < connections; connection++)
        {
            var exchange = exchanges[connection % exchanges.Length];
            exchange.Renumber((ushort)(1024 + connection % 60_000));
            exchange.Open(record);
            for (var turn = 0; turn < 4; turn++) exchange.Turn(record);
        }
        return 0;
    }
}
