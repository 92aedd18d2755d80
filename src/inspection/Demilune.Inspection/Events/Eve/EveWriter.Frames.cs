using Demilune.Rules.Buffers;
using Demilune.Rules.Headers;

namespace Demilune.Inspection.Events.Eve;

/// <summary>What records tell of frames.</summary>
public sealed partial class EveWriter
{
    public void Frame(in FrameEvent frame)
    {
        if (!_options.Writes("frame")) return;
        Begin("frame", in frame.Context);
        WriteApp(in frame.Context);
        WriteFrame(frame.Facts, frame.Payload, in frame.Context);
        WriteKubernetes(in frame.Context);
        End();
    }

    private void WriteFrame(in FrameFacts facts, ReadOnlySpan<byte> payload, in FlowContext context)
    {
        _json.WriteStartObject("frame"u8);
        _json.WriteString("type"u8, FrameCatalog.NameOf(facts.Type));
        _json.WriteNumber("id"u8, facts.Id);
        _json.WriteString("direction"u8, context.Direction == FlowDirections.ToClient ? "toclient"u8 : "toserver"u8);
        if (facts.Offset >= 0) _json.WriteNumber("stream_offset"u8, facts.Offset);
        if (facts.Length >= 0) _json.WriteNumber("length"u8, facts.Length);
        _json.WriteBoolean("complete"u8, facts.IsComplete);
        _json.WriteBase64String("payload"u8, payload);
        _json.WriteString("payload_printable"u8, _text.PayloadOf(payload));
        _json.WriteEndObject();
    }
}
