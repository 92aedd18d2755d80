using Demilune.Inspection.Events;
using Demilune.Inspection.Verdicts;

namespace Demilune.Cli.Inspect;

/// <summary>Hands every event on, and counts what the user has to be told about.</summary>
internal sealed class CountedEvents(IEventSink next) : IEventSink
{
    /// <summary>Frames that were left out because their checksum is wrong.</summary>
    public long WrongChecksums { get; private set; }

    public void Alert(in AlertEvent alert) => next.Alert(alert);

    public void Anomaly(in AnomalyEvent anomaly) => next.Anomaly(anomaly);

    public void Http(in HttpEvent http) => next.Http(http);

    public void File(in FileEvent file) => next.File(file);

    public void FileContent(in FileContentEvent content) => next.FileContent(content);

    public void Record(in RecordEvent record) => next.Record(record);

    public void Drop(in DropEvent drop)
    {
        if (drop.Reason == DropReason.Checksum) WrongChecksums++;
        next.Drop(drop);
    }

    public void Flow(in FlowEvent flow) => next.Flow(flow);
}
