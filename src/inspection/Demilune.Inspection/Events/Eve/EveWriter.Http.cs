using System.Text;

namespace Demilune.Inspection.Events.Eve;

/// <summary>HTTP in records of its own, and beside alerts and files.</summary>
public sealed partial class EveWriter
{
    /// <summary>As alerts and files have it.</summary>
    private void WriteHttp(HttpFields http, bool withBodies = false)
    {
        _json.WriteStartObject("http"u8);
        WriteHttpBasics(http);
        WriteHttpMore(http);
        if (withBodies)
        {
            WriteBody("http_request_body", http.RequestBody);
            WriteBody("http_response_body", http.ResponseBody);
        }
        http.Details?.Write(_json);
        _json.WriteEndObject();
    }

    /// <summary>As the configuration wants it.</summary>
    private void WriteHttpRecord(HttpFields http)
    {
        _json.WriteStartObject("http"u8);
        WriteHttpBasics(http);
        WriteCustom(http.RequestHeaders, isRequest: true);
        WriteCustom(http.ResponseHeaders, isRequest: false);
        if (_options.HttpExtended || http.Details is not null) WriteHttpMore(http);
        if (_options.HttpRequestHeaders) WriteHeaders("request_headers"u8, http.RequestHeaders);
        if (_options.HttpResponseHeaders) WriteHeaders("response_headers"u8, http.ResponseHeaders);
        http.Details?.Write(_json);
        _json.WriteEndObject();
    }

    private void WriteHttpBasics(HttpFields http)
    {
        WriteText("hostname"u8, http.Host);
        if (http.Port >= 0) _json.WriteNumber("http_port"u8, http.Port);
        WriteText("url"u8, http.Uri);
        WriteText("http_user_agent"u8, http.UserAgent);
        if (http.Details is null) WriteText("xff"u8, http.ForwardedFor);
        var parameters = http.ContentType.IndexOf((byte)';');
        WriteText("http_content_type"u8, parameters < 0 ? http.ContentType : http.ContentType[..parameters]);
        if (!http.ContentRange.IsEmpty) WriteRange(http.ContentRange);
    }

    private void WriteHttpMore(HttpFields http)
    {
        WriteText("http_refer"u8, http.Referer);
        WriteText("http_method"u8, http.Method);
        if (http.Details is null) WriteText("protocol"u8, http.Protocol);
        if (http.Status != 0) _json.WriteNumber("status"u8, http.Status);
        WriteText("redirect"u8, http.Location);
        if (http.Details is null) _json.WriteNumber("length"u8, http.Length);
    }

    private void WriteBody(string name, ReadOnlySpan<byte> body)
    {
        if (body.IsEmpty) return;
        if (_options.HttpBodyPrintable) _json.WriteString($"{name}_printable", _text.Printable(body));
        if (_options.HttpBody) _json.WriteBase64String(name, body);
    }

    /// <summary>EVE's names are those of the fields in lower case, with underscores, and those of these fields are told without being asked for.</summary>
    private void WriteCustom(IReadOnlyList<HttpHeader>? headers, bool isRequest)
    {
        if (_options.HttpCustom.Count == 0 || headers is null) return;
        foreach (var header in headers)
        {
            var name = Encoding.ASCII.GetString(header.Name).ToLowerInvariant().Replace('-', '_');
            if (s_ofRequests.Contains(name) == isRequest && _options.HttpCustom.Contains(name)) WriteText(Encoding.ASCII.GetBytes(name), header.Value);
        }
    }

    private void WriteHeaders(ReadOnlySpan<byte> name, IReadOnlyList<HttpHeader>? headers)
    {
        _json.WriteStartArray(name);
        foreach (var header in headers ?? [])
        {
            _json.WriteStartObject();
            _json.WriteString("name"u8, _text.Of(header.Name));
            _json.WriteString("value"u8, _text.Of(header.Value));
            _json.WriteEndObject();
        }
        _json.WriteEndArray();
    }

    private static readonly HashSet<string> s_ofRequests =
    [
        "accept", "accept_charset", "accept_encoding", "accept_language", "accept_datetime", "authorization", "cache_control", "cookie", "from",
        "max_forwards", "origin", "pragma", "proxy_authorization", "range", "te", "via", "x_requested_with", "dnt", "x_forwarded_proto",
        "x_authenticated_user", "x_flash_version", "true_client_ip", "org_src_ip", "x_bluecoat_via",
    ];
}
