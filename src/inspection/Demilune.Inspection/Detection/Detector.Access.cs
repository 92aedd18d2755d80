using Demilune.Inspection.Access;
using Demilune.Inspection.Events;
using Demilune.Inspection.Sessions;
using Demilune.Inspection.Verdicts;
using Demilune.Rules.Headers;

namespace Demilune.Inspection.Detection;

internal sealed partial class Detector
{
    /// <summary>It is known what is spoken, or that nobody knows it.</summary>
    public void Recognised(AppProtocol app)
    {
        if (!scope.HasAccess) return;
        foreach (var (member, access) in AccessLists)
            if (!access.Admits(app)) Deny(member, access, null);
    }

    /// <summary>The allow-lists of the policies that judge, with their places among them: each has to allow what passes.</summary>
    public AccessLists AccessLists => new(scope.Flow?.Policy);

    /// <summary>A message is not allowed: tells of it, and blocks the flow if the policy prevents.</summary>
    /// <param name="member">Which of the policies that judge.</param>
    /// <param name="access">Its list, which does not allow it.</param>
    /// <param name="transaction">What is not allowed; null: the protocol itself.</param>
    /// <param name="answer">Goes to the client, where the policy wants that.</param>
    /// <param name="isAlone">Only this datagram: others of its flow have nothing to do with it.</param>
    public void Deny(int member, AccessList access, ITransaction? transaction, ReadOnlyMemory<byte> answer = default, bool isAlone = false)
    {
        statistics.Alerts++;
        if (scope.Flow is { } flow) flow.HasAlerted = true;
        var action = scope.EnforcesFor(member) ? AlertAction.Blocked : AlertAction.WouldBlock;
        if (action == AlertAction.Blocked)
        {
            // The first that denies says how.
            if (scope.Blocked == DropReason.None)
            {
                scope.IsSilent = access.Response == DenialResponse.Drop;
                if (access.Response == DenialResponse.Respond) scope.Answer = answer;
            }
            if (isAlone) scope.Drop(DropReason.AccessList);
            else scope.Block(DropReason.AccessList);
        }
        Oppose(member, action);
        var context = scope.Context() with { Speaker = scope.Policy![member] };
        scope.Events.Alert(new(in context, access.Denied, action)
        {
            Transaction = transaction?.Number ?? -1,
            Http = transaction is null ? default : transaction.Http,
            RecordType = transaction?.RecordType,
            Record = transaction?.Record,
        });
    }
}
