using Demilune.Neutron;

namespace Demilune.Sdn;

/// <summary>What has to change so that a state has certain objects and no others.</summary>
internal static class StateDifference
{
    /// <summary>Pure.</summary>
    /// <param name="all">Each object that there is to be.</param>
    public static IReadOnlyList<Change> Of(NetworkState state, IReadOnlyList<Change> all)
    {
        var wanted = all.Select(change => (change.Resource.GetType(), change.Resource.Id)).ToHashSet();
        return
        [
            .. Resources.Collections.All.Reverse().SelectMany(collection => state.All(collection.Kind)).Where(found => !wanted.Contains((found.GetType(), found.Id)))
                .Select(gone => new Change(gone, true)),
            .. all.Where(change => !Same(state.Find(change.Resource.GetType(), change.Resource.Id), change.Resource)),
        ];
    }

    private static bool Same(Resource? known, Resource there)
    {
        if (known is null) return false;
        var collection = Resources.Collections.Of(there.GetType());
        return collection.Write(known).AsSpan().SequenceEqual(collection.Write(there));
    }
}
