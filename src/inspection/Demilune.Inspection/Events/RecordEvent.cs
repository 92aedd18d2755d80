using System.Text.Json;

namespace Demilune.Inspection.Events;

/// <summary>A protocol's transaction is over, or one message of it where EVE has a record for each.</summary>
public readonly ref struct RecordEvent(ref readonly FlowContext context, string type, int transaction, IRecordFields fields)
{
    private readonly ref readonly FlowContext _context = ref context;

    /// <summary>Where.</summary>
    public ref readonly FlowContext Context => ref _context;

    /// <summary>EVE's <c>event_type</c>, which is also the name of the object that holds the fields.</summary>
    public string Type { get; } = type;

    /// <summary>Number in its flow, from 0; -1 where a flow is one transaction.</summary>
    public int Transaction { get; } = transaction;

    /// <summary>What was said.</summary>
    public IRecordFields Fields { get; } = fields;
}

/// <summary>A protocol's own part of an event. Valid during the call that carries it.</summary>
public interface IRecordFields
{
    /// <summary>Writes the properties of an object that is begun and ended by the caller.</summary>
    void Write(Utf8JsonWriter json);

    /// <summary>The same for an alert, where EVE has another form or less.</summary>
    void WriteInAlert(Utf8JsonWriter json) => Write(json);

    /// <summary>Further objects that stand beside it, as a mail's beside SMTP's.</summary>
    void WriteBeside(Utf8JsonWriter json)
    {
    }
}
