using Demilune.Wire.Tls;
using Demilune.Wire.X509;

namespace Demilune.Fuzz.Targets;

/// <summary>TLS in both directions: nothing may throw, whatever is read has an end, and how the bytes are cut changes nothing.</summary>
internal static class TlsTarget
{
    public static FuzzTarget Records { get; } = new("tls", "records of either side, their hellos and certificates", bytes =>
    {
        TlsDetection.OfStream(fromClient: true, bytes);
        TlsDetection.OfStream(fromClient: false, bytes);
        var (whole, cut) = (new Sum(), new Sum());
        whole.Reader.Feed(bytes, whole);
        foreach (var b in bytes) cut.Reader.Feed([b], cut);
        if (whole.Value != cut.Value) throw new InvalidOperationException("the events depend on how the bytes are cut");
    });

    public static FuzzTarget Certificates { get; } = new("x509", "one certificate", bytes => Certificate.Read(bytes, out _));

    private sealed class Sum : ITlsEvents
    {
        private readonly TlsHello _hello = new();

        public TlsReader Reader { get; } = new();
        public HashCode Code;

        public int Value => Code.ToHashCode();

        public void Record(ushort version) => Code.Add(version);

        public void Handshake(TlsHandshakeType type, ReadOnlySpan<byte> body)
        {
            Code.Add(type);
            Code.AddBytes(body);
            var isClient = type == TlsHandshakeType.ClientHello;
            _hello.Read(body, isClient);
            Ja3.Text(_hello, isClient);
            Ja4.Of(_hello, isQuic: false);
            for (var i = 0; _hello.TryGetProtocol(i, out _); i++) Code.Add(i);
        }

        public void Version2(byte type, ReadOnlySpan<byte> body) => Code.AddBytes(body);

        public void Other(TlsContentType type, int length, ReadOnlySpan<byte> start)
        {
            if (type == TlsContentType.ChangeCipherSpec) Reader.IsEncrypted = true;
            Code.Add(length);
            Code.AddBytes(start);
        }

        public void Fault(TlsFault fault) => Code.Add(fault);
    }
}
