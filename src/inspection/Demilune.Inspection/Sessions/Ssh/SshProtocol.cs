using Demilune.Rules.Buffers;
using Demilune.Rules.Headers;
using Demilune.Wire;

namespace Demilune.Inspection.Sessions.Ssh;

/// <summary>SSH, as far as it can be read without keys.</summary>
internal static class SshProtocol
{
    public static Protocol Definition { get; } = new()
    {
        App = AppProtocol.Ssh,
        OfStream = static (_, bytes) =>
            bytes.StartsWith("SSH-"u8) ? Wire.Detection.Yes : "SSH-"u8.StartsWith(bytes) ? Wire.Detection.Incomplete : Wire.Detection.No,
        Buffers =
        [
            BufferId.SshProto, BufferId.SshSoftware, BufferId.SshHassh, BufferId.SshHasshString, BufferId.SshHasshServer, BufferId.SshHasshServerString,
        ],
        Events = ["ssh.invalid_banner", "ssh.long_banner", "ssh.invalid_record", "ssh.long_kex_record"],
        Open = static (options, _, detector) => new SshSession(options, detector),
    };
}
