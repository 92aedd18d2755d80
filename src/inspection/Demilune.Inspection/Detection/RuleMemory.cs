using Demilune.Inspection.Flows;
using Demilune.Rules.Compile;
using Demilune.Rules.Matching;
using Demilune.Rules.State;

namespace Demilune.Inspection.Detection;

/// <summary>What rules remember beyond a packet, apart from flow bits: asks and does what their options say.</summary>
internal sealed class RuleMemory
{
    private readonly SharedBits _shared = new();
    private readonly FlowMemory _packet = new();
    private bool _hasPacketTexts;

    /// <summary>Texts captured for the packet before are gone.</summary>
    public void BeginPacket()
    {
        if (!_hasPacketTexts) return;
        _packet.ClearTexts();
        _hasPacketTexts = false;
    }

    /// <summary>Texts captured for the packet at hand.</summary>
    public IReadOnlyList<(int Name, byte[] Text)> PacketTexts => _packet.Texts;

    public bool Allows(Signature signature, FrameScope scope)
    {
        var operations = signature.State;
        for (var i = 0; i < operations.Count; i++)
        {
            if (!operations[i].IsCondition) continue;
            var holds = operations[i] switch
            {
                FlowintOperation counter => Holds(counter, signature.Offsets.Counters, scope.Flow?.Memory, scope.Flow is not null),
                SharedBitOperation bit => _shared.IsSet(Key(bit, scope), scope.Now) == (bit.Action == FlowbitAction.IsSet),
                VariableOperation { Scope: VariableScope.Packet } text => _packet.Contains(text.Name + signature.Offsets.Variables, text.Content) != text.IsNegated,
                VariableOperation text => scope.Flow?.Memory is { } memory && memory.Contains(text.Name + signature.Offsets.Variables, text.Content) != text.IsNegated,
                _ => throw new InvalidOperationException($"nobody evaluates {operations[i].GetType().Name}"),
            };
            if (!holds) return false;
        }
        return true;
    }

    /// <summary>The signature has matched.</summary>
    public void Change(Signature signature, FrameScope scope, MatchContext match)
    {
        foreach (ref readonly var capture in match.Captures)
        {
            if (capture.Scope == VariableScope.Packet) _hasPacketTexts = true;
            if (capture.Scope == VariableScope.Packet) _packet.SetText(capture.Name + signature.Offsets.Variables, match.Text(capture));
            else if (scope.Flow is { } flow) (flow.Memory ??= new()).SetText(capture.Name + signature.Offsets.Variables, match.Text(capture));
        }
        var operations = signature.State;
        for (var i = 0; i < operations.Count; i++)
        {
            if (operations[i] is SharedBitOperation { IsCondition: false } bit) Change(bit, scope);
            else if (operations[i] is FlowintOperation { IsCondition: false } counter && scope.Flow is { } flow) Change(counter, signature.Offsets.Counters, flow.Memory ??= new());
        }
    }

    private static bool Holds(FlowintOperation operation, int first, FlowMemory? memory, bool hasFlow)
    {
        if (!hasFlow) return false;
        var mine = memory?.Counter(first + operation.Slot);
        if (operation.Action is FlowintAction.IsSet or FlowintAction.IsNotSet) return mine is null == (operation.Action == FlowintAction.IsNotSet);
        if (mine is not { } value || With(operation, first, memory) is not { } other) return false;
        return operation.Action switch
        {
            FlowintAction.Less => value < other,
            FlowintAction.LessOrEqual => value <= other,
            FlowintAction.Equal => value == other,
            FlowintAction.NotEqual => value != other,
            FlowintAction.GreaterOrEqual => value >= other,
            _ => value > other,
        };
    }

    private static void Change(FlowintOperation operation, int first, FlowMemory memory)
    {
        if (With(operation, first, memory) is not { } other) return;
        var mine = memory.Counter(first + operation.Slot);
        // A counter that is not there yet begins with what is added to it; nothing is taken from it.
        if (operation.Action == FlowintAction.Subtract && mine is null) return;
        memory.SetCounter(first + operation.Slot, operation.Action switch
        {
            FlowintAction.Add => unchecked((mine ?? 0) + other),
            FlowintAction.Subtract => unchecked(mine!.Value - other),
            _ => other,
        });
    }

    private static uint? With(FlowintOperation operation, int first, FlowMemory? memory) => operation.Other < 0 ? operation.Value : memory?.Counter(first + operation.Other);

    private void Change(SharedBitOperation operation, FrameScope scope)
    {
        var key = Key(operation, scope);
        var sets = operation.Action == FlowbitAction.Set || (operation.Action == FlowbitAction.Toggle && !_shared.IsSet(key, scope.Now));
        if (sets) _shared.Set(key, scope.Now + operation.Lifetime.Ticks * 100, scope.Now);
        else _shared.Unset(key);
    }

    private static SharedBits.Key Key(SharedBitOperation operation, FrameScope scope)
    {
        var (source, destination) = (scope.Facts.Source, scope.Facts.Destination);
        return operation.Owner switch
        {
            BitOwner.Source => new(operation.Bit, source, 0),
            BitOwner.Destination => new(operation.Bit, destination, 0),
            _ => source < destination ? new(operation.Bit, source, destination) : new(operation.Bit, destination, source),
        };
    }
}
