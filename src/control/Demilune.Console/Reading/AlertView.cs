namespace Demilune.Console.Reading;

/// <summary>What a firewall had to say of one flow.</summary>
/// <param name="Number">Counts from 1 since the controller began.</param>
/// <param name="Blocked">False: it was only reported.</param>
/// <param name="Severity">1 is the worst.</param>
/// <param name="Policy">The SecurityPolicy that spoke.</param>
/// <param name="SourcePod">"namespace/pod", or empty: not of this cluster.</param>
public sealed record AlertView(
    long Number, DateTimeOffset At, bool Blocked, int Severity, long SignatureId, string Signature, string Category, string Policy, string Application,
    string Source, string SourcePod, string Destination, string DestinationPod);

/// <summary>An alert with all that was written of it.</summary>
/// <param name="Json">The EVE record as the firewall wrote it.</param>
/// <param name="Evidence">The bytes that matched.</param>
public sealed record AlertRecord(AlertView Summary, string Json, IReadOnlyList<EvidenceView> Evidence);

/// <param name="Buffer">The rule keyword of the buffer: http.uri.</param>
public sealed record EvidenceView(string Buffer, string Printable, string Base64);

/// <summary>What is asked for; null: anything.</summary>
/// <param name="Text">A part of the signature, a pod, an address, or a signature's id.</param>
public sealed record AlertFilter(string? Text = null, bool? Blocked = null, int? Severity = null, string? Policy = null, string? Pod = null);

/// <param name="Verdict">Direct, Spliced, Denied, Bypassed or Open.</param>
/// <param name="Policy">The SecurityPolicies that judge it, by name, those in the shadow marked; empty: nobody does.</param>
public sealed record FlowView(
    DateTimeOffset At, string Node, string Kind, string Source, string SourcePod, int SourcePort, string Destination, string DestinationPod,
    int DestinationPort, string Protocol, string Verdict, string Policy, string Reason);

/// <summary>What is asked for; null: anything.</summary>
public sealed record FlowFilter(string? Text = null, string? Verdict = null);
