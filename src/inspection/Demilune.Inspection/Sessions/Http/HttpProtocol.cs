using Demilune.Rules.Buffers;
using Demilune.Rules.Headers;
using Demilune.Wire.Http1;

namespace Demilune.Inspection.Sessions.Http;

/// <summary>HTTP/1.x.</summary>
internal static class HttpProtocol
{
    public static Protocol Definition { get; } = new()
    {
        App = AppProtocol.Http1,
        OfStream = static (from, bytes) => from == Side.Client ? Http1Detection.OfRequest(bytes) : Http1Detection.OfResponse(bytes),
        MarkOfSide = static (from, bytes) => from == Side.Client ? Http1Detection.ByMethod(bytes) : Http1Detection.ByVersion(bytes),
        Buffers = [.. Enum.GetValues<BufferId>().Where(id => id is >= BufferId.HttpMethod and <= BufferId.HttpResponseBody)],
        Events = HttpEvents.All,
        Open = static (options, pool, detector) => new HttpSession(options, pool, detector),
    };
}
