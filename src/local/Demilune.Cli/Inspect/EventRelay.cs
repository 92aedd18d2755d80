using Demilune.Inspection.Events;

namespace Demilune.Cli.Inspect;

/// <summary>Hands every event on. Outputs that want to see some of them look at those on their way.</summary>
internal abstract class EventRelay(IEventSink next) : IEventSink
{
    public virtual void Alert(in AlertEvent alert) => next.Alert(alert);

    public virtual void Anomaly(in AnomalyEvent anomaly) => next.Anomaly(anomaly);

    public virtual void Http(in HttpEvent http) => next.Http(http);

    public virtual void File(in FileEvent file) => next.File(file);

    public virtual void FileContent(in FileContentEvent content) => next.FileContent(content);

    public virtual void Record(in RecordEvent record) => next.Record(record);

    public virtual void Drop(in DropEvent drop) => next.Drop(drop);

    public virtual void Packet(in PacketEvent packet) => next.Packet(packet);

    public virtual void Captured(in PacketEvent packet) => next.Captured(packet);

    public virtual void Segment(in SegmentEvent segment) => next.Segment(segment);

    public virtual void Frame(in FrameEvent frame) => next.Frame(frame);

    public virtual void Flow(in FlowEvent flow) => next.Flow(flow);
}
