using Demilune.Inspection.Detection;
using Demilune.Inspection.Reassembly;
using Demilune.Wire.DceRpc;

namespace Demilune.Inspection.Sessions.DceRpc;

/// <summary>What a client and a server have agreed on over one connection or pipe, and the calls between them.</summary>
/// <param name="isOverPipe">Over SMB. Otherwise stub data of a response begins with its allocation hint: rules are written for what Suricata shows.</param>
internal sealed class DceConversation(SegmentPool pool, Detector detector, bool isOverPipe)
{
    /// <summary>Calls without an answer. Windows sends at most a handful at a time.</summary>
    private const int MaxCalls = 256;

    /// <summary>Interfaces that are remembered.</summary>
    private const int MaxInterfaces = 256;

    private readonly List<DceInterface> _proposed = [];
    private readonly List<(ushort Result, ushort Reason)> _results = [];
    private readonly List<DceCall> _calls = [];
    private readonly Stack<DceCall> _spare = new();
    private int _answered;

    /// <summary>As last proposed.</summary>
    public List<BoundInterface> Interfaces { get; } = [];
    public byte MinorVersion { get; private set; }

    /// <summary>Calls that have no answer yet, oldest first.</summary>
    public IReadOnlyList<DceCall> Calls => _calls;

    public void Begin()
    {
        Clear();
        Interfaces.Clear();
        _answered = 0;
    }

    public void Clear()
    {
        foreach (var call in _calls) Recycle(call);
        _calls.Clear();
    }

    /// <summary>The call that a fragment belongs to.</summary>
    /// <param name="from">Who sent it.</param>
    /// <param name="fragment">It.</param>
    /// <param name="isNew">The caller says whose transaction it is.</param>
    /// <returns>Null: it belongs to none.</returns>
    public DceCall? Find(Side from, DceFragment fragment, out bool isNew)
    {
        isNew = false;
        MinorVersion = fragment.MinorVersion;
        if (!IsCall(fragment.Type)) return null;
        for (var i = _calls.Count - 1; i >= 0; i--)
            if (_calls[i].Id == fragment.CallId && !(from == Side.Client && _calls[i].Request.IsComplete)) return _calls[i];
        if (_calls.Count == MaxCalls) return null;
        isNew = true;
        var call = _spare.TryPop(out var spare) ? spare : new(pool);
        call.Begin(fragment.CallId);
        _calls.Add(call);
        return call;
    }

    /// <summary>Takes a fragment into its call and lets signatures see it.</summary>
    /// <returns>True: the call has its whole answer.</returns>
    public bool Take(Side from, DceFragment fragment, DceCall call)
    {
        var part = call.Of(from);
        part.Type ??= fragment.Type;
        part.Fragments++;
        part.IsLittleEndian = fragment.IsLittleEndian;
        part.IsComplete = fragment.IsLast || fragment.Type is not (DceType.Request or DceType.Response);
        switch (fragment.Type)
        {
            case DceType.Bind or DceType.AlterContext:
                Propose(fragment);
                break;
            case DceType.BindAck or DceType.AlterContextResponse:
                Accept(fragment);
                break;
            case DceType.Request when part.Fragments == 1:
                call.Name(Called(fragment.Context), fragment.Context, fragment.Operation);
                break;
        }
        call.Inspect(detector, from, fragment.Type == DceType.Response && !isOverPipe ? fragment.Body : fragment.Stub);
        return from == Side.Server && part.IsComplete;
    }

    /// <summary>It has been told of.</summary>
    public void Forget(DceCall call)
    {
        if (_calls.Remove(call)) Recycle(call);
    }

    /// <summary>Fragments that Suricata's own parser knows.</summary>
    public static bool IsRead(DceType type) => IsCall(type) && type is not (DceType.Fault or DceType.BindNak);

    private static bool IsCall(DceType type) => type is
        DceType.Request or DceType.Response or DceType.Fault or DceType.Bind or DceType.BindAck or DceType.BindNak or DceType.AlterContext or DceType.AlterContextResponse;

    private void Propose(DceFragment bind)
    {
        _proposed.Clear();
        DceBinding.ReadContexts(bind, _proposed);
        if (bind.Type == DceType.Bind) Interfaces.Clear();
        _answered = Interfaces.Count;
        foreach (var proposed in _proposed)
            if (Interfaces.Count < MaxInterfaces) Interfaces.Add(new(proposed, null));
    }

    private void Accept(DceFragment answer)
    {
        _results.Clear();
        DceBinding.ReadResults(answer, _results);
        foreach (var result in _results)
        {
            if (_answered >= Interfaces.Count) return;
            Interfaces[_answered] = Interfaces[_answered] with { Result = result };
            _answered++;
        }
    }

    /// <summary>The newest of that number which the server has not refused. One whose answer was not seen counts as accepted.</summary>
    private DceInterface? Called(ushort context)
    {
        for (var i = Interfaces.Count - 1; i >= 0; i--)
            if (Interfaces[i].Interface.Context == context && Interfaces[i].Result is not { Result: not 0 }) return Interfaces[i].Interface;
        return null;
    }

    private void Recycle(DceCall call)
    {
        call.Clear();
        _spare.Push(call);
    }
}

/// <summary>An interface that was proposed, and what the server said to it; null: nothing yet.</summary>
internal readonly record struct BoundInterface(DceInterface Interface, (ushort Result, ushort Reason)? Result);
