namespace Demilune.Inspection.Events;

/// <summary>A packet that a rule's <c>tag</c> wants recorded. Its bytes are in the context.</summary>
public readonly ref struct PacketEvent(ref readonly FlowContext context)
{
    private readonly ref readonly FlowContext _context = ref context;

    /// <summary>Where.</summary>
    public ref readonly FlowContext Context => ref _context;
}
