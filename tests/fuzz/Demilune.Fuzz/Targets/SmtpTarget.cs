using Demilune.Wire.Ftp;
using Demilune.Wire.Lines;
using Demilune.Wire.Smtp;
using Demilune.Wire.Tftp;

namespace Demilune.Fuzz.Targets;

/// <summary>Lines and messages of mail's protocol: every byte is taken once, and nothing may throw.</summary>
internal static class SmtpTarget
{
    public static FuzzTarget Content { get; } = new("smtp", "mail's commands, then a message; addresses of FTP", bytes =>
    {
        SmtpDetection.OfClient(bytes);
        SmtpDetection.OfServer(bytes);
        TftpRequest.TryView(bytes, out _);
        FtpDetection.OfClient(bytes);
        FtpDetection.OfServer(bytes);
        FtpAddress.TryReadNumbers(bytes, out _, out _);
        FtpAddress.TryReadExtended(bytes, out _);
        var lines = new LineReader(512);
        var content = new SmtpContentReader();
        content.Begin();
        ReadOnlySpan<byte> rest = bytes;
        var isContent = false;
        while (!rest.IsEmpty)
        {
            var before = rest.Length;
            if (isContent) isContent = !content.TryEnd(ref rest, out _);
            else if (lines.TryRead(ref rest, out var line)) isContent = line.SequenceEqual("DATA"u8);
            if (rest.Length == before && !isContent) throw new InvalidOperationException("no byte was taken");
            if (!isContent) content.Begin();
        }
    });
}
