using Demilune.Console.Reading;

namespace Demilune.Controller.Reading;

/// <summary>The newest flow events, and who spoke to whom.</summary>
/// <param name="maxItems">Events kept.</param>
/// <param name="maxLinks">Links kept: a scan of all ports of all pods must not fill the memory. The longest silent makes room.</param>
internal sealed class FlowLog(int maxItems, int maxLinks)
{
    private readonly Lock _gate = new();
    private readonly Queue<FlowView> _flows = new();
    private readonly Dictionary<(string, string, string, int), LinkedListNode<LinkView>> _links = [];

    /// <summary>The longest silent first.</summary>
    private readonly LinkedList<LinkView> _byAge = new();

    private long _forgotten;

    public void Take(FlowView flow)
    {
        lock (_gate)
        {
            _flows.Enqueue(flow);
            while (_flows.Count > maxItems) _flows.Dequeue();
            // A flow is counted where it begins; its end says nothing new of who speaks to whom.
            if (flow.Kind == "New") Count(flow);
        }
    }

    /// <summary>The busiest first.</summary>
    public (IReadOnlyList<LinkView> Links, long Forgotten) Links()
    {
        lock (_gate) return ([.. _byAge.OrderByDescending(link => link.Flows)], _forgotten);
    }

    public Page<FlowView> Find(FlowFilter filter, int skip, int take)
    {
        FlowView[] all;
        lock (_gate) all = [.. _flows];
        var found = new List<FlowView>();
        var total = 0;
        for (var i = all.Length - 1; i >= 0; i--)
        {
            if (!Matches(all[i], filter)) continue;
            if (total++ >= skip && found.Count < take) found.Add(all[i]);
        }
        return new(found, total);
    }

    private static bool Matches(FlowView flow, FlowFilter filter)
    {
        if (!string.IsNullOrEmpty(filter.Verdict) && flow.Verdict != filter.Verdict) return false;
        return string.IsNullOrEmpty(filter.Text) || Has(flow.SourcePod) || Has(flow.DestinationPod) || Has(flow.Source) || Has(flow.Destination) || Has(flow.Policy);

        bool Has(string text) => text.Contains(filter.Text, StringComparison.OrdinalIgnoreCase);
    }

    private void Count(FlowView flow)
    {
        var (source, destination) = (flow.SourcePod.Length > 0 ? flow.SourcePod : flow.Source, flow.DestinationPod.Length > 0 ? flow.DestinationPod : flow.Destination);
        var key = (source, destination, flow.Protocol, flow.DestinationPort);
        var link = new LinkView(source, destination, flow.Protocol, flow.DestinationPort, 0, 0, 0, 0, flow.At);
        if (_links.TryGetValue(key, out var node))
        {
            link = node.Value;
            _byAge.Remove(node);
        }
        link = flow.Verdict switch
        {
            "Spliced" or "Bypassed" => link with { Spliced = link.Spliced + 1, LastSeen = flow.At },
            "Denied" => link with { Denied = link.Denied + 1, LastSeen = flow.At },
            "Open" => link with { Uninspected = link.Uninspected + 1, LastSeen = flow.At },
            _ => link with { Direct = link.Direct + 1, LastSeen = flow.At },
        };
        _links[key] = _byAge.AddLast(link);
        if (_links.Count <= maxLinks) return;
        var oldest = _byAge.First!.Value;
        _byAge.RemoveFirst();
        _links.Remove((oldest.Source, oldest.Destination, oldest.Protocol, oldest.Port));
        _forgotten++;
    }
}
