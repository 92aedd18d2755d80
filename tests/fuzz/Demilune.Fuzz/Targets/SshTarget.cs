using Demilune.Wire.Ssh;

namespace Demilune.Fuzz.Targets;

/// <summary>One direction of SSH: nothing may throw, and how the bytes are cut changes nothing.</summary>
internal static class SshTarget
{
    public static FuzzTarget Stream { get; } = new("ssh", "version and packets of SSH until it is encrypted", bytes =>
    {
        var (whole, cut) = (new Sum(), new Sum());
        whole.Reader.Feed(bytes, whole);
        foreach (var b in bytes) cut.Reader.Feed([b], cut);
        if (whole.Code.ToHashCode() != cut.Code.ToHashCode()) throw new InvalidOperationException("the events depend on how the bytes are cut");
    });

    private sealed class Sum : ISshEvents
    {
        public SshReader Reader { get; } = new();
        public HashCode Code;

        public void Banner()
        {
            Code.AddBytes(Reader.ProtocolVersion);
            Code.AddBytes(Reader.SoftwareVersion);
        }

        public void Algorithms(ReadOnlySpan<byte> message)
        {
            Code.AddBytes(message);
            if (Hassh.TryText(message, isClient: true, out var text)) Code.AddBytes(text);
        }

        public void NewKeys() => Code.Add(1);

        public void Fault(SshFault fault) => Code.Add(fault);
    }
}
