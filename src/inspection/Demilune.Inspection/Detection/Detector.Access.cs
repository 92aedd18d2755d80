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
        if (scope.Access is { } access && !access.Admits(app)) Deny(access, null);
    }

    /// <summary>A message is not allowed: tells of it, and blocks the flow if the policy prevents.</summary>
    /// <param name="access">Which does not allow it.</param>
    /// <param name="transaction">What is not allowed; null: the protocol itself.</param>
    /// <param name="answer">Goes to the client, where the policy wants that.</param>
    /// <param name="isAlone">Only this datagram: others of its flow have nothing to do with it.</param>
    public void Deny(AccessList access, ITransaction? transaction, ReadOnlyMemory<byte> answer = default, bool isAlone = false)
    {
        statistics.Alerts++;
        if (scope.Flow is { } flow) flow.HasAlerted = true;
        if (scope.Enforces)
        {
            if (isAlone) scope.Drop(DropReason.AccessList);
            else scope.Block(DropReason.AccessList);
            if (access.Response == DenialResponse.Respond) scope.Answer = answer;
        }
        var context = scope.Context();
        scope.Events.Alert(new(in context, access.Denied, scope.Enforces ? AlertAction.Blocked : AlertAction.WouldBlock)
        {
            Transaction = transaction?.Number ?? -1,
            Http = transaction is null ? default : transaction.Http,
            RecordType = transaction?.RecordType,
            Record = transaction?.Record,
        });
    }
}
