using Demilune.Wire.Http1;

namespace Demilune.Inspection.Events.Eve;

/// <summary>What was said over a protocol: HTTP, files, and what each session tells of itself.</summary>
public sealed partial class EveWriter
{
    /// <summary>RFC 9110 §14.4: <c>bytes FIRST-LAST/SIZE</c>.</summary>
    private void WriteRange(ReadOnlySpan<byte> text)
    {
        _json.WriteStartObject("content_range"u8);
        WriteText("raw"u8, text);
        if (ContentRange.TryParse(text, out var range))
        {
            _json.WriteNumber("start"u8, range.Start);
            _json.WriteNumber("end"u8, range.End);
            if (range.Size >= 0) _json.WriteNumber("size"u8, range.Size);
        }
        _json.WriteEndObject();
    }

    private void WriteRecord(string? type, IRecordFields? record)
    {
        if (type is null || record is null) return;
        _json.WriteStartObject(type);
        record.WriteInAlert(_json);
        _json.WriteEndObject();
        record.WriteBeside(_json);
    }

    /// <param name="file">What is known of it.</param>
    /// <param name="isInAlert">It is told of before it is put where files are kept, even if it is over.</param>
    private void WriteFile(FileFields file, bool isInAlert = false)
    {
        WriteText("filename"u8, file.Name);
        if (!file.Signatures.IsEmpty)
        {
            _json.WriteStartArray("sid"u8);
            foreach (var signature in file.Signatures) _json.WriteNumberValue(signature);
            _json.WriteEndArray();
        }
        WriteText("magic"u8, file.Magic);
        _json.WriteBoolean("gaps"u8, file.HasGaps);
        _json.WriteString("state"u8, file.State switch
        {
            FileState.Closed => "CLOSED"u8,
            FileState.Truncated => "TRUNCATED"u8,
            FileState.Error => "ERROR"u8,
            _ => "UNKNOWN"u8,
        });
        WriteHash("md5"u8, file.Md5);
        WriteHash("sha1"u8, file.Sha1);
        WriteHash("sha256"u8, file.Sha256);
        var isStored = !isInAlert && file is { IsWanted: true, State: FileState.Closed or FileState.Truncated };
        _json.WriteBoolean("stored"u8, isStored);
        if (isStored) _json.WriteNumber("file_id"u8, file.StoreId);
        else if (file.IsWanted) _json.WriteBoolean("storing"u8, true);
        _json.WriteNumber("size"u8, file.Size);
        if (file.Range.End > 0)
        {
            _json.WriteNumber("start"u8, file.Range.Start);
            _json.WriteNumber("end"u8, file.Range.End);
        }
        _json.WriteNumber("tx_id"u8, file.Transaction);
    }

    private void WriteHash(ReadOnlySpan<byte> name, ReadOnlySpan<byte> hash)
    {
        if (!hash.IsEmpty) _json.WriteString(name, Convert.ToHexStringLower(hash));
    }
}
