using Demilune.Wire.Files;
using Demilune.Wire.Mime;

namespace Demilune.Fuzz.Targets;

/// <summary>A message, a form and a file of any bytes: nothing may throw, and what is told is balanced.</summary>
internal static class MimeTarget
{
    public static FuzzTarget Message { get; } = new("mime", "a mail, the same as the body of a form, and as a file's head", bytes =>
    {
        FileType.Of(bytes.AsSpan(0, Math.Min(bytes.Length, FileType.HeadLength)));
        foreach (var isForm in (bool[])[false, true])
        {
            var parser = new MimeParser();
            var balance = new Balance();
            if (isForm) parser.BeginMultipart("b"u8);
            else parser.Begin();
            ReadOnlySpan<byte> rest = bytes;
            for (var length = 1; !rest.IsEmpty; length = length * 3 % 61 + 1)
            {
                var piece = rest[..Math.Min(length, rest.Length)];
                parser.Feed(piece, balance);
                rest = rest[piece.Length..];
            }
            parser.End(isComplete: true, balance);
            balance.Check();
        }
    });

    private sealed class Balance : IMimeEvents
    {
        private bool _isOpen;

        public void Begin(MimeHead head, int depth)
        {
            Check();
            Span<byte> name = stackalloc byte[255];
            MimeParameter.TryGet(head.Value("content-disposition"u8), "filename"u8, name, out _, out _);
            _ = head.ContentType;
        }

        public void Content(ReadOnlySpan<byte> bytes) => _isOpen = true;

        public void End(bool isComplete) => _isOpen = false;

        public void Anomaly(MimeAnomaly anomaly)
        {
        }

        public void Check()
        {
            if (_isOpen) throw new InvalidOperationException("content without an end");
        }
    }
}
