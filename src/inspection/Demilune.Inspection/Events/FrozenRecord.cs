using System.Buffers;
using System.Text.Json;

namespace Demilune.Inspection.Events;

/// <summary>What an alert tells about a transaction that is over.</summary>
internal sealed class FrozenRecord : IRecordFields
{
    private readonly JsonDocument _fields;
    private readonly JsonDocument _beside;

    public FrozenRecord(IRecordFields fields)
    {
        _fields = Write(fields.WriteInAlert);
        _beside = Write(fields.WriteBeside);
    }

    public void Write(Utf8JsonWriter json)
    {
        foreach (var field in _fields.RootElement.EnumerateObject()) field.WriteTo(json);
    }

    public void WriteBeside(Utf8JsonWriter json)
    {
        foreach (var field in _beside.RootElement.EnumerateObject()) field.WriteTo(json);
    }

    private static JsonDocument Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new() { SkipValidation = true }))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }
        return JsonDocument.Parse(buffer.WrittenMemory);
    }
}

/// <summary>The same for HTTP.</summary>
internal sealed class HttpCopy(HttpFields http)
{
    private readonly byte[] _host = http.Host.ToArray(), _uri = http.Uri.ToArray(), _agent = http.UserAgent.ToArray(), _forwarded = http.ForwardedFor.ToArray(), _type = http.ContentType.ToArray(),
        _referer = http.Referer.ToArray(), _method = http.Method.ToArray(), _protocol = http.Protocol.ToArray(), _location = http.Location.ToArray(), _range = http.ContentRange.ToArray(),
        _asked = http.RequestBody.ToArray(), _answered = http.ResponseBody.ToArray();
    private readonly IReadOnlyList<HttpHeader>? _ofRequest = http.RequestHeaders, _ofResponse = http.ResponseHeaders;
    private readonly (int Port, int Status) _numbers = (http.Port, http.Status);
    private readonly long _length = http.Length;
    private readonly FrozenRecord? _details = http.Details is { } details ? new(details) : null;

    public HttpFields Fields => new()
    {
        Host = _host, Uri = _uri, UserAgent = _agent, ForwardedFor = _forwarded, ContentType = _type, Referer = _referer, Method = _method, Protocol = _protocol, Location = _location, ContentRange = _range,
        RequestBody = _asked, ResponseBody = _answered, RequestHeaders = _ofRequest, ResponseHeaders = _ofResponse,
        Port = _numbers.Port, Status = _numbers.Status, Length = _length, Details = _details,
    };
}

/// <summary>The same for a file.</summary>
internal sealed class FileCopy(FileFields file)
{
    private readonly byte[] _name = file.Name.ToArray(), _magic = file.Magic.ToArray(), _md5 = file.Md5.ToArray(), _sha1 = file.Sha1.ToArray(), _sha256 = file.Sha256.ToArray();
    private readonly uint[] _signatures = file.Signatures.ToArray();
    private readonly (int Transaction, FileState State, bool HasGaps, long Size, (long, long) Range, long StoreId, bool IsWanted) _rest =
        (file.Transaction, file.State, file.HasGaps, file.Size, file.Range, file.StoreId, file.IsWanted);

    public FileFields Fields => new()
    {
        Name = _name, Magic = _magic, Md5 = _md5, Sha1 = _sha1, Sha256 = _sha256, Transaction = _rest.Transaction, State = _rest.State, HasGaps = _rest.HasGaps,
        Size = _rest.Size, Range = _rest.Range, StoreId = _rest.StoreId, IsWanted = _rest.IsWanted, Signatures = _signatures,
    };
}
