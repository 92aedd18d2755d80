using Demilune.Inspection.Events;

namespace Demilune.Firewall.Tests.EndToEnd;

internal sealed class IgnoredEvents : IEventSink
{
    public void Alert(in AlertEvent alert)
    {
    }

    public void Anomaly(in AnomalyEvent anomaly)
    {
    }

    public void Http(in HttpEvent http)
    {
    }

    public void File(in FileEvent file)
    {
    }

    public void Record(in RecordEvent record)
    {
    }

    public void Drop(in DropEvent drop)
    {
    }

    public void Flow(in FlowEvent flow)
    {
    }
}
