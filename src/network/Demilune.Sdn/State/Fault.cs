namespace Demilune.Sdn;

/// <summary>A refusal, as the real Neutron gives it.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Type">Neutron's exception class.</param>
/// <param name="Message">Neutron's words where known.</param>
internal sealed record Fault(int Status, string Type, string Message)
{
    public static Fault BadRequest(string message) => new(400, "HTTPBadRequest", message);

    public static Fault InvalidInput(string message) => new(400, "InvalidInput", $"Invalid input for operation: {message}.");

    /// <param name="rule">The policy rule that says no, in oslo.policy's words.</param>
    public static Fault Forbidden(string rule) => new(403, "PolicyNotAuthorized", $"({rule}) is disallowed by policy");

    public static Fault NoSuchPath { get; } = new(404, "HTTPNotFound", "The resource could not be found.");
}
