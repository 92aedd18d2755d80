using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using Demilune.Rules.Compile;
using Demilune.Rules.Headers;
using Demilune.Wire.Dns;
using Demilune.Wire.Http1;
using Demilune.Wire.Tls;

namespace Demilune.Inspection.Access;

/// <summary>What a policy allows at layer 7: everything that none of it allows is denied, whatever its port.</summary>
/// <remarks>
/// A protocol is admitted if it has allowances here, and then each of its messages has to match one; or if it is among the applications, and then
/// all of it is. What is not recognised counts as <see cref="AppProtocol.Failed"/>. Messages that are not TCP or UDP are not judged.
/// </remarks>
public sealed class AccessList
{
    private const uint Sid = 4_294_900_001;

    /// <summary>Targets of ordinary requests are shorter.</summary>
    private const int MaxOnStack = 1024;

    private readonly string _policy;
    private readonly byte[] _head;
    private readonly byte[] _body;

    /// <param name="policy">Named in alerts and answers.</param>
    public AccessList(
        string policy, ImmutableArray<HttpAllowance> http, ImmutableArray<TlsAllowance> tls, ImmutableArray<DnsAllowance> dns,
        ImmutableArray<AppProtocol> applications, DenialResponse response)
    {
        (_policy, Http, Tls, Dns, Applications, Response) = (policy, http, tls, dns, applications, response);
        Denied = RuleSet.Compile(
            [new("access", $"drop ip any any -> any any (msg:\"Not allowed by SecurityPolicy {policy}\"; classtype:policy-violation; sid:{Sid}; rev:1;)")], new()).Rules[0];
        _body = Encoding.ASCII.GetBytes($"Not allowed by SecurityPolicy {policy}.\n");
        _head = Encoding.ASCII.GetBytes(
            $"HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: {_body.Length}\r\nConnection: close\r\nX-Security-Policy: {policy}\r\n\r\n");
    }

    public ImmutableArray<HttpAllowance> Http { get; }
    public ImmutableArray<GrpcAllowance> Grpc { get; init; } = [];
    public ImmutableArray<TlsAllowance> Tls { get; }
    public ImmutableArray<DnsAllowance> Dns { get; }
    public ImmutableArray<AppProtocol> Applications { get; }
    public DenialResponse Response { get; }

    /// <summary>What alerts about denials name as their rule.</summary>
    public Signature Denied { get; }

    /// <summary>The answer to a denied request.</summary>
    /// <param name="isHead">Its client waits for no body.</param>
    public byte[] Answer(bool isHead) => isHead ? _head : [.. _head, .. _body];

    /// <summary>The same over HTTP/2.</summary>
    internal byte[] Answer(uint stream, bool isCall) => Http2Answer.Of(stream, _policy, isCall);

    /// <summary>Requests over HTTP/2 are judged one by one.</summary>
    internal bool JudgesHttp2 => !Http.IsEmpty || !Grpc.IsEmpty;

    /// <summary>It looks at clients' fingerprints.</summary>
    internal bool WantsFingerprints => Tls.Any(static allowance => !allowance.Ja3.IsEmpty || !allowance.Ja4.IsEmpty);

    internal bool Admits(AppProtocol app) => app switch
    {
        AppProtocol.Http1 when !Http.IsEmpty => true,
        AppProtocol.Http2 when JudgesHttp2 => true,
        AppProtocol.Tls when !Tls.IsEmpty => true,
        AppProtocol.Dns when !Dns.IsEmpty => true,
        _ => Applications.Contains(app),
    };

    /// <param name="head">Of a request.</param>
    /// <param name="isHttp2">It came over HTTP/2.</param>
    internal bool Admits(Http1Head head, bool isHttp2)
    {
        if (!Http.IsEmpty && AdmitsRequest(head)) return true;
        if (!isHttp2) return Http.IsEmpty;
        foreach (var allowance in Grpc)
            if (allowance.Matches(head)) return true;
        return !JudgesHttp2;
    }

    private bool AdmitsRequest(Http1Head head)
    {
        if (RequestTarget.HidesFields(head)) return false;
        var target = RequestTarget.WithoutQuery(head.Target);
        byte[]? rented = null;
        var room = UriNormalizer.MaxLength(target.Length);
        var buffer = room <= MaxOnStack ? stackalloc byte[MaxOnStack] : rented = ArrayPool<byte>.Shared.Rent(room);
        // What is odd in the query is no matter of the path; a question mark that was encoded stays in it.
        var path = buffer[..UriNormalizer.Normalize(target, buffer, out var oddities)];
        if (oddities != UriOddities.None || RequestTarget.IsOfNetwork(target) || !RequestTarget.IsReadAlike(path)) path = default;
        var isAllowed = false;
        foreach (var allowance in Http) isAllowed |= allowance.Matches(head, path);
        if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
        return isAllowed;
    }

    /// <summary>A client's hello: the name it asks for, and what kind of client it is.</summary>
    internal bool Admits(TlsHello client, Fingerprints fingerprints)
    {
        foreach (var allowance in Tls)
            if (allowance.Matches(client, fingerprints)) return true;
        return Tls.IsEmpty;
    }

    /// <summary>The server's answer to it.</summary>
    internal bool Admits(TlsHello client, Fingerprints fingerprints, TlsHello server)
    {
        foreach (var allowance in Tls)
            if (allowance.Matches(client, fingerprints) && allowance.MatchesVersion(server)) return true;
        return Tls.IsEmpty;
    }

    internal bool Admits(DnsMessage query)
    {
        if (Dns.IsEmpty) return true;
        if (query.Opcode != 0 || query.Questions.Count == 0) return false;
        for (var i = 0; i < query.Questions.Count; i++)
        {
            var isAllowed = false;
            foreach (var allowance in Dns) isAllowed |= allowance.Matches(query.Name(query.Questions[i]), query.Questions[i].Type);
            if (!isAllowed) return false;
        }
        return true;
    }
}

/// <summary>What becomes of a connection on which something was denied.</summary>
public enum DenialResponse
{
    /// <summary>HTTP: 403, which names the policy; otherwise as <see cref="Reset"/>.</summary>
    Respond,

    /// <summary>Both ends are reset.</summary>
    Reset,

    /// <summary>Nothing more goes through, and nobody is told.</summary>
    Drop,
}
