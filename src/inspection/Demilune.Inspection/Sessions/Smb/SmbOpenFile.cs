using Demilune.Inspection.Files;
using Demilune.Inspection.Sessions.DceRpc;
using Demilune.Wire.DceRpc;

namespace Demilune.Inspection.Sessions.Smb;

/// <summary>A file or pipe that is open.</summary>
internal sealed class SmbOpenFile(byte[] id, byte[] name, byte[] share)
{
    /// <summary>The name of a file that was opened before the connection was seen.</summary>
    public static byte[] Unknown { get; } = [.. "<unknown>"u8];

    public byte[] Id { get; } = id;
    public byte[] Name { get; } = name;
    public byte[] Share { get; } = share;

    /// <summary>By side: what it sends of the file, and where the next byte is expected.</summary>
    public Transfer[] Transfers { get; } = [new(), new()];

    /// <summary>Captures: a pipe over which Suricata expects no DCE/RPC; what it carries is nobody's.</summary>
    public bool IsOtherPipe { get; init; }

    /// <summary>What is said over a pipe; null: it is a file.</summary>
    public DceConversation? Conversation { get; set; }
    public DceReader[] Readers { get; } = [new(), new()];

    internal sealed class Transfer
    {
        public TrackedFile? File { get; set; }
        public SmbTransaction? Transaction { get; set; }
        public long Next { get; set; }
    }
}
