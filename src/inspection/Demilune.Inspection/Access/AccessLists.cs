using Demilune.Inspection.Policies;

namespace Demilune.Inspection.Access;

/// <summary>The allow-lists of those that judge a flow. To be gone through with <c>foreach</c>; nothing is allocated.</summary>
internal readonly struct AccessLists(InspectionPolicy? policy)
{
    public Walk GetEnumerator() => new(policy);

    public struct Walk(InspectionPolicy? policy)
    {
        private int _member = -1;

        public readonly (int Member, AccessList Access) Current => (_member, policy![_member].Access!);

        public bool MoveNext()
        {
            if (policy is not { HasAccess: true }) return false;
            while (++_member < policy.Count)
                if (policy[_member].Access is not null) return true;
            return false;
        }
    }
}
