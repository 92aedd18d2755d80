using Demilune.Inspection.Sessions.DceRpc;
using Demilune.Rules.Buffers;
using Demilune.Rules.Headers;
using Demilune.Wire.Smb;

namespace Demilune.Inspection.Sessions.Smb;

/// <summary>SMB 1, 2 and 3 with the files and pipes that go over it.</summary>
internal static class SmbProtocol
{
    public static Protocol Definition { get; } = new()
    {
        App = AppProtocol.Smb,
        OfStream = static (_, bytes) => SmbDetection.OfStream(bytes),
        Speaker = static (bytes, _) => SmbDetection.IsAnswer(bytes) is { } isAnswer ? isAnswer ? Side.Server : Side.Client : null,
        Buffers = [BufferId.SmbNamedPipe, BufferId.SmbShare, BufferId.SmbNtlmsspUser, BufferId.SmbNtlmsspDomain, .. DceProtocol.Buffers],
        Events =
        [
            "smb.internal_error", "smb.too_many_transactions", "smb.malformed_data", "smb.record_overflow", "smb.malformed_ntlmssp_request", "smb.malformed_ntlmssp_response",
            "smb.duplicate_negotiate", "smb.negotiate_malformed_dialects", "smb.file_overlap", "smb.request_to_client", "smb.response_to_server",
            "smb.negotiate_max_read_size_too_large", "smb.negotiate_max_write_size_too_large", "smb.read_request_too_large", "smb.read_response_too_large",
            "smb.write_request_too_large", "smb.read_queue_size_exceeded", "smb.read_queue_cnt_exceeded", "smb.write_queue_size_exceeded", "smb.write_queue_cnt_exceeded",
            "smb.unusual_match_offset",
        ],
        Open = static (options, pool, detector) => new SmbSession(options, pool, detector),
    };
}
