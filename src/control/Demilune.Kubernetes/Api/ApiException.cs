using System.Net;

namespace Demilune.Kubernetes.Api;

/// <summary>The API server said no.</summary>
/// <param name="status">HTTP status.</param>
/// <param name="reason">metav1.Status reason: "NotFound", "Conflict", "Expired", …; empty if the body was not a Status.</param>
/// <param name="message">Verb, object and the server's words.</param>
public sealed class ApiException(HttpStatusCode status, string reason, string message) : Exception(message)
{
    public HttpStatusCode Status { get; } = status;

    public string Reason { get; } = reason;

    /// <summary>The resource version asked for is too old (or of another history): list anew.</summary>
    public bool IsExpired => Status == HttpStatusCode.Gone || Reason is "Expired" or "Gone";

    public bool IsNotFound => Status == HttpStatusCode.NotFound;

    /// <summary>The object itself is wrong: asking again will not help.</summary>
    public bool IsInvalid => Status == HttpStatusCode.UnprocessableEntity;

    /// <summary>Nothing can be made in a namespace that is going. The reason is a mere "Forbidden"; only the words tell it from a lack of rights.</summary>
    public bool IsNamespaceTerminating => Status == HttpStatusCode.Forbidden && Message.Contains("is being terminated", StringComparison.Ordinal);

    /// <summary>Somebody else wrote in between, or the object exists already.</summary>
    public bool IsConflict => Status == HttpStatusCode.Conflict;
}
