using Demilune.Rules.Buffers;
using Demilune.Rules.Headers;
using Demilune.Wire.Ftp;

namespace Demilune.Inspection.Sessions.Ftp;

/// <summary>FTP's control connection (RFC 959), and the data connections that it announces.</summary>
internal static class FtpProtocol
{
    public static Protocol Definition { get; } = new()
    {
        App = AppProtocol.Ftp,
        OfStream = static (from, bytes) => from == Side.Client ? FtpDetection.OfClient(bytes) : FtpDetection.OfServer(bytes),
        MarkOfSide = static (from, bytes) => from == Side.Client ? FtpDetection.ByMark(bytes) : bytes.StartsWith("220 ("u8) ? Wire.Detection.Yes : Wire.Detection.No,
        IsGreeted = true,
        Buffers = [BufferId.FtpBounce],
        Events = ["ftp.request_command_too_long", "ftp.response_command_too_long"],
        Open = static (options, _, detector) => new FtpSession(options, detector),
    };

    public static Protocol Data { get; } = new()
    {
        App = AppProtocol.FtpData,
        Buffers = [BufferId.FtpdataCommand],
        Open = static (options, pool, detector) => new FtpDataSession(options, pool, detector),
    };
}
