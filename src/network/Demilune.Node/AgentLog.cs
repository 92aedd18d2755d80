using Microsoft.Extensions.Logging;

namespace Demilune.Node;

/// <summary>Event ids 2000–2099.</summary>
internal static partial class AgentLog
{
    [LoggerMessage(2000, LogLevel.Information, "Node agent of {Node} enforces revision {Revision} with {Attachments} attachments from before; listening on {Socket}")]
    public static partial void Started(this ILogger log, string node, ulong revision, int attachments, string socket);

    [LoggerMessage(2001, LogLevel.Information, "{Verb} {Container} {IfName}: {Outcome} in {Milliseconds:0.0} ms, {Waited:0.0} of them waiting for the pod's port")]
    public static partial void CniDone(this ILogger log, string verb, string container, string ifName, string outcome, double milliseconds, double waited);

    [LoggerMessage(2002, LogLevel.Warning, "Attachment {Container} {IfName} has lost its interface; forgotten")]
    public static partial void AttachmentGone(this ILogger log, string container, string ifName);

    [LoggerMessage(2003, LogLevel.Error, "Port {Port} lets nothing through: {Reason}")]
    public static partial void PortNotEnforced(this ILogger log, string port, string reason);

    [LoggerMessage(2004, LogLevel.Information, "net.core.rmem_max raised from {Before} to {Now} bytes: a firewall may queue that much, and no more")]
    public static partial void ReceiveBufferRaised(this ILogger log, long before, long now);

    [LoggerMessage(2005, LogLevel.Warning, "net.core.rmem_max is {Before} bytes and cannot be raised to {Wanted} ({Reason}): firewalls on this node lose frames of bulk traffic")]
    public static partial void ReceiveBufferLow(this ILogger log, long before, long wanted, string reason);

    [LoggerMessage(2006, LogLevel.Information, "{Setting} is 0: pods of this node reach each other, but nothing outside of it until the administrator sets it to 1")]
    public static partial void ForwardingOff(this ILogger log, string setting);

    [LoggerMessage(2007, LogLevel.Warning, "{Addresses} addresses of {Name} stay closed to a pod that was told of them: {Reason}")]
    public static partial void NotLearnt(this ILogger log, string name, int addresses, string reason);

    [LoggerMessage(2008, LogLevel.Error, "The bandwidth of port {Port} is not limited: {Reason}")]
    public static partial void LimitNotSet(this ILogger log, string port, string reason);

    [LoggerMessage(2009, LogLevel.Warning, "An interface of a firewall that is gone could not be removed, tried again: {Reason}")]
    public static partial void HopNotRemoved(this ILogger log, string reason);

    [LoggerMessage(2015, LogLevel.Warning, "The seccomp profile of firewalls cannot be written to {Path}: {Reason}. Those of this node have the container runtime's default")]
    public static partial void NoSeccompProfile(this ILogger log, string path, string reason);

    [LoggerMessage(2010, LogLevel.Information, "Attached to the controller at {Controller}")]
    public static partial void ControllerAttached(this ILogger log, Uri controller);

    [LoggerMessage(2011, LogLevel.Warning, "No controller at {Controller}: {Reason}. The last state stays enforced; next attempt in {Seconds:0.0} s")]
    public static partial void ControllerAway(this ILogger log, Uri controller, string reason, double seconds);

    [LoggerMessage(2012, LogLevel.Error, "State revision {Revision} could not be applied: {Reason}. The one before stays enforced")]
    public static partial void StateRefused(this ILogger log, ulong revision, string reason);

    [LoggerMessage(2013, LogLevel.Error, "More than {Most} combinations of security policies select flows on this node: flows of those that got no tag are closed. Name fewer different SecurityPolicies for the same pods")]
    public static partial void TooManyCombinations(this ILogger log, int most);

    [LoggerMessage(2014, LogLevel.Error, "There are no tunnels to other nodes, and their pods cannot be reached: {Reason}. Tried again with the next change")]
    public static partial void NoTunnels(this ILogger log, string reason);

    [LoggerMessage(2018, LogLevel.Error, "The gateway of router {Router} is not as it should be, and nothing passes there: {Reason}. Tried again with the next change")]
    public static partial void NoGateway(this ILogger log, string router, string reason);

    [LoggerMessage(2016, LogLevel.Warning, "Rows of the former state could not be removed: {Reason}. Tried again with the next change")]
    public static partial void NotSettled(this ILogger log, string reason);

    [LoggerMessage(2020, LogLevel.Information, "Firewall {Pod} connected: {Engine} {Version}, real-time scheduling {RealTime}")]
    public static partial void FirewallConnected(this ILogger log, string pod, string engine, string version, bool realTime);

    [LoggerMessage(2021, LogLevel.Warning, "Firewall {Pod} disconnected: {Reason}")]
    public static partial void FirewallDisconnected(this ILogger log, string pod, string reason);

    [LoggerMessage(2022, LogLevel.Warning, "Firewall {Pod} is {State} after {DecisionMicros} µs without a heartbeat: {Dropped} packets dropped, {Passed} passed uninspected")]
    public static partial void FirewallTransition(this ILogger log, string pod, string state, ulong decisionMicros, ulong dropped, ulong passed);

    [LoggerMessage(2023, LogLevel.Warning, "Firewall {Pod}: policy {Policy}: {Error}")]
    public static partial void PolicyError(this ILogger log, string pod, string policy, string error);
}
