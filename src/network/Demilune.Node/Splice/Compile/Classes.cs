namespace Demilune.Node.Splice.Compile;

/// <summary>Flows of one peer, as the kernel takes them, and who judges them.</summary>
internal readonly record struct ClassRange(byte Protocol, ushort SourceMin, ushort SourceMax, ushort Min, ushort Max, Panel Panel);

/// <summary>Classifiers that may overlap, for one peer → ranges that do not, each with everybody who judges it. In the kernel the first that matches decides.</summary>
/// <remarks>As with tiers: per protocol that any classifier names, and for all others, stretch of ports by stretch.</remarks>
internal static class Classes
{
    public static List<ClassRange> Flatten(IReadOnlyList<Classifier> classifiers)
    {
        var others = Of(0, classifiers);
        var result = new List<ClassRange>();
        // Named protocols first: what holds for every protocol is a part of what holds for one, and comes last.
        foreach (var protocol in classifiers.Select(item => item.Ports.Protocol).Where(protocol => protocol != 0).Distinct().Order())
        {
            var own = Of(protocol, classifiers);
            if (!own.Select(range => range with { Protocol = 0 }).SequenceEqual(others)) result.AddRange(own);
        }
        result.AddRange(others);
        return result;
    }

    private static List<ClassRange> Of(byte protocol, IReadOnlyList<Classifier> classifiers)
    {
        var own = classifiers.Where(item => item.Ports.Protocol == 0 || item.Ports.Protocol == protocol).ToList();
        var result = new List<ClassRange>();
        foreach (var (sourceMin, sourceMax) in Stretches(own.Select(item => (item.SourceMin, item.SourceMax))))
        {
            var here = own.Where(item => item.SourceMin <= sourceMin && sourceMax <= item.SourceMax).ToList();
            foreach (var (min, max) in Stretches(here.Select(item => (item.Ports.Min, item.Ports.Max))))
            {
                if (Panel.Of(here.Where(item => item.Ports.Min <= min && max <= item.Ports.Max).Select(item => (item.Judge, item.ChainId))) is not { } panel) continue;
                var next = new ClassRange(protocol, sourceMin, sourceMax, min, max, panel);
                if (result is [.., var last] && last.SourceMin == sourceMin && last.Max + 1 == min && last.Panel == panel) result[^1] = last with { Max = max };
                else result.Add(next);
            }
        }
        return result;
    }

    /// <summary>0 to 65535, cut wherever one of the ranges begins or ends.</summary>
    private static IEnumerable<(ushort Min, ushort Max)> Stretches(IEnumerable<(ushort Min, ushort Max)> ranges)
    {
        var starts = ranges.SelectMany(range => new[] { range.Min, range.Max + 1 }).Append(0).Where(start => start <= ushort.MaxValue).Distinct().Order().ToList();
        for (var i = 0; i < starts.Count; i++)
            yield return ((ushort)starts[i], (ushort)(i + 1 < starts.Count ? starts[i + 1] - 1 : ushort.MaxValue));
    }
}
