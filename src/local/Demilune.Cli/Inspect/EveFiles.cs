using Demilune.Inspection;
using Demilune.Inspection.Events;
using Demilune.Inspection.Events.Eve;

namespace Demilune.Cli.Inspect;

/// <summary>Writes events into every output that the configuration has: EVE JSON, a record a line. Without a directory they go to standard output.</summary>
internal sealed class EveFiles : IEventSink, IDisposable
{
    private readonly List<(EveWriter Writer, Stream Stream, bool HasStatistics)> _outputs = [];

    /// <summary>One output, which is the caller's.</summary>
    public EveFiles(Stream stream, EveOptions options) => Add(stream, options);

    public EveFiles(InspectRequest request)
    {
        if (request.LogDirectory is null)
        {
            Add(new BufferedStream(Console.OpenStandardOutput(), 1 << 16), request.Settings.Outputs.Count > 0 ? request.Settings.Outputs[0].Options : new());
            return;
        }
        foreach (var output in request.Settings.Outputs)
        {
            Directory.CreateDirectory(request.LogDirectory);
            Add(new FileStream(Path.Combine(request.LogDirectory, output.File), FileMode.Append, FileAccess.Write, FileShare.ReadWrite, 1 << 16), output.Options);
        }
    }

    private void Add(Stream stream, EveOptions options) => _outputs.Add((new(line =>
    {
        stream.Write(line);
        stream.WriteByte((byte)'\n');
    }, options), stream, options.Types is not null));

    public void Alert(in AlertEvent alert)
    {
        foreach (var output in _outputs) output.Writer.Alert(alert);
    }

    public void Anomaly(in AnomalyEvent anomaly)
    {
        foreach (var output in _outputs) output.Writer.Anomaly(anomaly);
    }

    public void Http(in HttpEvent http)
    {
        foreach (var output in _outputs) output.Writer.Http(http);
    }

    public void File(in FileEvent file)
    {
        foreach (var output in _outputs) output.Writer.File(file);
    }

    public void Record(in RecordEvent record)
    {
        foreach (var output in _outputs) output.Writer.Record(record);
    }

    public void Drop(in DropEvent drop)
    {
        foreach (var output in _outputs) output.Writer.Drop(drop);
    }

    public void Packet(in PacketEvent packet)
    {
        foreach (var output in _outputs) output.Writer.Packet(packet);
    }

    public void Captured(in PacketEvent packet)
    {
        foreach (var output in _outputs) output.Writer.Captured(packet);
    }

    public void Segment(in SegmentEvent segment)
    {
        foreach (var output in _outputs) output.Writer.Segment(segment);
    }

    public void Frame(in FrameEvent frame)
    {
        foreach (var output in _outputs) output.Writer.Frame(frame);
    }

    public void Flow(in FlowEvent flow)
    {
        foreach (var output in _outputs) output.Writer.Flow(flow);
    }

    /// <summary>What the user calls the capture at hand.</summary>
    public string Capture
    {
        set
        {
            foreach (var output in _outputs) output.Writer.Capture = value;
        }
    }

    /// <summary>The counters, where the configuration speaks of what is to be written.</summary>
    public void Statistics(Counters counters, long time, (int Loaded, int Failed, int Skipped) rules)
    {
        foreach (var output in _outputs)
            if (output.HasStatistics) output.Writer.Statistics(counters, time, rules);
    }

    public void Flush()
    {
        foreach (var output in _outputs) output.Stream.Flush();
    }

    public void Dispose()
    {
        foreach (var (writer, stream, _) in _outputs)
        {
            writer.Dispose();
            stream.Dispose();
        }
    }
}
