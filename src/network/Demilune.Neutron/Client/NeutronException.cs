using System.Net;

namespace Demilune.Neutron;

/// <summary>Neutron said no.</summary>
public sealed class NeutronException : Exception
{
    public NeutronException(string action, HttpStatusCode status, string type, string detail, string? requestId)
        : base(Describe(action, status, type, detail, requestId))
    {
        Action = action;
        Status = status;
        Type = type;
        Detail = detail;
        RequestId = requestId;
    }

    /// <summary>"POST ports", "DELETE sfc/port_pairs/UUID".</summary>
    public string Action { get; }

    public HttpStatusCode Status { get; }

    /// <summary>Neutron's name of the error: "SecurityGroupInUse"; empty if the answer was not Neutron's.</summary>
    public string Type { get; }

    /// <summary>Neutron's own words.</summary>
    public string Detail { get; }

    /// <summary>X-Openstack-Request-Id: finds the request in the server's log.</summary>
    public string? RequestId { get; }

    public bool IsNotFound => Status == HttpStatusCode.NotFound;
    public bool IsConflict => Status == HttpStatusCode.Conflict;
    public bool IsOverQuota => Type == "OverQuota";

    /// <summary>The object has a newer revision than the one the change was made for.</summary>
    public bool IsStale => Status == HttpStatusCode.PreconditionFailed;

    /// <summary>The same request may succeed later without anybody changing anything.</summary>
    public bool IsTransient => Status is HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError;

    private static string Describe(string action, HttpStatusCode status, string type, string detail, string? requestId)
    {
        var wayOut = status switch
        {
            HttpStatusCode.Unauthorized => "The token was refused twice: check the credentials.",
            HttpStatusCode.Forbidden => "The project lacks the role for this: ask the cloud's administrator.",
            HttpStatusCode.PreconditionFailed => "Somebody else changed it: read it again.",
            HttpStatusCode.Conflict when type == "OverQuota" => "Raise the project's quota, or remove what is not needed.",
            HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable => "The server is overloaded: it is tried again later.",
            >= HttpStatusCode.InternalServerError => "The server failed: its log has the request id.",
            _ => "",
        };
        return $"{action}: {(int)status} {type} {detail.TrimEnd('.')}. {wayOut}".TrimEnd() + (requestId is null ? "" : $" ({requestId})");
    }
}
