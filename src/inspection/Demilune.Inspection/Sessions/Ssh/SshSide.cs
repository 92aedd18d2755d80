using System.Text;
using Demilune.Inspection.Detection;
using Demilune.Rules.Buffers;
using Demilune.Wire.Ssh;

namespace Demilune.Inspection.Sessions.Ssh;

/// <summary>One side of a connection: what its parser tells, and the buffers that it fills.</summary>
internal sealed class SshSide(SshSession session, Side side) : ISshEvents, IMessageBuffers
{
    private static readonly BufferId[] s_banner = [BufferId.SshProto, BufferId.SshSoftware];
    private static readonly BufferId[] s_algorithms = [BufferId.SshHassh, BufferId.SshHasshString, BufferId.SshHasshServer, BufferId.SshHasshServerString];

    private byte[] _hassh = [], _hash = [];

    public SshReader Reader { get; } = new();
    public PendingSignatures Pending { get; } = new();
    public ReadOnlySpan<byte> HasshText => _hassh;
    public ReadOnlySpan<byte> HasshHash => _hash;

    public void Clear()
    {
        Reader.Reset();
        Pending.Clear();
        _hassh = _hash = [];
    }

    public bool TryGet(BufferId id, int instance, ReadOnlySpan<byte> piece, out BufferView view)
    {
        var bytes = id switch
        {
            BufferId.SshProto => Reader.ProtocolVersion,
            BufferId.SshSoftware => Reader.SoftwareVersion,
            BufferId.SshHassh when side == Side.Client => _hash,
            BufferId.SshHasshString when side == Side.Client => _hassh,
            BufferId.SshHasshServer when side == Side.Server => _hash,
            BufferId.SshHasshServerString when side == Side.Server => _hassh,
            _ => default,
        };
        view = new(bytes);
        return instance == 0 && !bytes.IsEmpty;
    }

    void ISshEvents.Banner() => session.Judge(this, s_banner);

    void ISshEvents.Algorithms(ReadOnlySpan<byte> message)
    {
        if (!session.WantsHassh || _hassh.Length > 0 || !Hassh.TryText(message, side == Side.Client, out _hassh)) return;
        _hash = Encoding.ASCII.GetBytes(Hassh.Hash(_hassh));
        session.Judge(this, s_algorithms);
    }

    void ISshEvents.NewKeys() => session.NewKeys();

    void ISshEvents.Fault(SshFault fault) => session.Notice(this, fault switch
    {
        SshFault.Banner => "ssh.invalid_banner",
        SshFault.LongBanner => "ssh.long_banner",
        _ => "ssh.invalid_record",
    });
}
