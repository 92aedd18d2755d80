namespace Demilune.Inspection.Events;

/// <summary>Hears what the inspector has to say while it judges a frame. Called on the packet thread: copy what is needed and return.</summary>
/// <remarks>Every span in an event is valid during the call only.</remarks>
public interface IEventSink
{
    /// <summary>A signature matched.</summary>
    void Alert(in AlertEvent alert);

    /// <summary>Something that no honest peer sends, or that two receivers may read differently.</summary>
    void Anomaly(in AnomalyEvent anomaly);

    /// <summary>A HTTP transaction is over.</summary>
    void Http(in HttpEvent http);

    /// <summary>A file has gone by.</summary>
    void File(in FileEvent file);

    /// <summary>Some of a file that may have to be kept. Comes only where <see cref="FileTrackingOptions.Keep"/> asks for it.</summary>
    void FileContent(in FileContentEvent content)
    {
    }

    /// <summary>A transaction of another protocol is over.</summary>
    void Record(in RecordEvent record);

    /// <summary>A frame was dropped for another reason than that its flow is blocked already.</summary>
    void Drop(in DropEvent drop);

    /// <summary>A packet is to be recorded because of an earlier match. Captures only.</summary>
    void Packet(in PacketEvent packet)
    {
    }

    /// <summary>Rules have captured texts of a packet. Captures only.</summary>
    void Captured(in PacketEvent packet)
    {
    }

    /// <summary>A segment of TCP has gone by. Comes only where <see cref="InspectorOptions.TellsSegments"/> asks for it.</summary>
    void Segment(in SegmentEvent segment)
    {
    }

    /// <summary>A piece of a protocol has gone by. Comes only where <see cref="InspectorOptions.TellsFrames"/> asks for it.</summary>
    void Frame(in FrameEvent frame)
    {
    }

    /// <summary>A flow is over.</summary>
    void Flow(in FlowEvent flow);
}
