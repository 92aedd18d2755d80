using System.Collections.Immutable;
using System.Text;
using Demilune.Wire.Http1;

namespace Demilune.Inspection.Access;

/// <summary>Calls that may be made, over HTTP/2.</summary>
/// <param name="Services"><c>package.Service</c>, <c>package.*</c> for all below a package; empty: any. Case matters.</param>
/// <param name="Methods">Of those services; empty: any.</param>
/// <remarks>The path is compared as it is on the wire: no client of gRPC encodes it, and one that does means to be read in two ways.</remarks>
public sealed record GrpcAllowance(ImmutableArray<string> Services, ImmutableArray<string> Methods)
{
    private readonly byte[][] _services = [.. Services.Select(service => Encoding.ASCII.GetBytes(service.TrimEnd('*')))];
    private readonly byte[][] _methods = [.. Methods.Select(Encoding.ASCII.GetBytes)];

    internal bool Matches(Http1Head head)
    {
        var path = head.Target;
        if (!IsCall(head) || path is not [(byte)'/', .. var call]) return false;
        var slash = call.IndexOf((byte)'/');
        if (slash <= 0) return false;
        var service = call[..slash];
        var method = call[(slash + 1)..];
        return IsName(service, dots: true) && IsName(method, dots: false) && IsService(service) && IsMethod(method);
    }

    /// <summary>POST, and application/grpc, perhaps with a suffix that says how messages are written.</summary>
    internal static bool IsCall(Http1Head head)
    {
        var type = head.Value("content-type"u8);
        return head.Method.SequenceEqual("POST"u8) && type.StartsWith("application/grpc"u8) && (type.Length == 16 || type[16] is (byte)'+' or (byte)';');
    }

    private bool IsService(ReadOnlySpan<byte> name)
    {
        // "package." is what is left of "package.*", and nothing of "*".
        foreach (var known in _services)
            if (known is [] or [.., (byte)'.'] ? name.StartsWith(known) : name.SequenceEqual(known)) return true;
        return _services.Length == 0;
    }

    private bool IsMethod(ReadOnlySpan<byte> name)
    {
        foreach (var known in _methods)
            if (name.SequenceEqual(known)) return true;
        return _methods.Length == 0;
    }

    private static bool IsName(ReadOnlySpan<byte> name, bool dots)
    {
        foreach (var octet in name)
            if (!(char.IsAsciiLetterOrDigit((char)octet) || octet == '_' || (dots && octet == '.'))) return false;
        return !name.IsEmpty;
    }
}
