using Demilune.Rules.Buffers;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary>Keywords that move the content before them into a buffer, from before there were sticky ones.</summary>
internal static class LegacyModifier
{
    public static BufferId? Find(string name) => name switch
    {
        "http_uri" => BufferId.HttpUri,
        "http_raw_uri" => BufferId.HttpUriRaw,
        "http_method" => BufferId.HttpMethod,
        "http_client_body" => BufferId.HttpRequestBody,
        "http_server_body" => BufferId.FileData,
        "http_header" => BufferId.HttpHeader,
        "http_raw_header" => BufferId.HttpHeaderRaw,
        "http_cookie" => BufferId.HttpCookie,
        "http_user_agent" => BufferId.HttpUserAgent,
        "http_host" => BufferId.HttpHost,
        "http_raw_host" => BufferId.HttpHostRaw,
        "http_stat_code" => BufferId.HttpStatCode,
        "http_stat_msg" => BufferId.HttpStatMsg,
        _ => null,
    };

    public static SyntaxFault? Apply(SignatureBuilder signature, OptionSyntax option, BufferId? buffer)
    {
        if (ContentModifiers.Last(signature, option, out _) is { } fault) return fault;
        if (signature.Sticky is not null) return option.NameFault($"'{option.Name}' moves a payload content, and this one is in {signature.Sticky.Name}.");
        if (!signature.Options.Provides(buffer!.Value)) return option.NameFault($"'{option.Name}' is not supported: this engine does not extract it.");
        signature.MoveLastContent(buffer.Value);
        return Outcome.Bare(option);
    }
}
