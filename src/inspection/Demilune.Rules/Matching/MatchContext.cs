using Demilune.Rules.Buffers;
using Demilune.Rules.Compile;
using Demilune.Rules.State;

namespace Demilune.Rules.Matching;

/// <summary>Everything a worker needs to match without allocating. One per worker, reused for every packet.</summary>
public sealed class MatchContext
{
    /// <summary>Evidence kept per signature; beyond it matching goes on, only the record stops. ET Open's longest rule has 33 contents.</summary>
    public const int MaxEvidence = 64;

    /// <summary>Values that <c>byte_extract</c> and <c>byte_math</c> of one rule may hold.</summary>
    public const int MaxVariables = 16;

    /// <summary>
    /// Work one evaluation may cost, in steps (a position tried, or 256 bytes searched). Suricata's inspection-recursion-limit is 3000;
    /// ours also pays for bytes, so that contents chained by distance cannot be made quadratic by whoever sends the buffer.
    /// </summary>
    public const int MaxSteps = 8192;

    /// <summary>Transformations see at most this much of a buffer: its first megabyte.</summary>
    public const int MaxTransformedBytes = 1 << 20;

    /// <summary>Bytes kept of a match in a transformed text, which is gone after the evaluation. Enough for a person to see what it was.</summary>
    public const int MaxKept = 128;

    /// <summary>Texts that one signature can capture, and bytes of each. A name or a number, not a document.</summary>
    private const int MaxCaptures = 16, MaxCaptured = 256;

    private readonly VariableCapture[] _captures = new VariableCapture[MaxCaptures];
    private readonly byte[] _captured = new byte[MaxCaptures * MaxCaptured];
    private int _captureCount;
    private readonly Evidence[] _evidence = new Evidence[MaxEvidence];
    private readonly byte[] _kept = new byte[MaxEvidence * MaxKept];
    private int _evidenceCount;
    private byte[] _transformed = [];
    private byte[] _transforming = [];

    public CandidateSet Candidates { get; } = new();

    /// <summary>Where the contents of the signature evaluated last have matched. Meaningful after a match only.</summary>
    public ReadOnlySpan<Evidence> Evidence => _evidence.AsSpan(0, _evidenceCount);

    /// <summary>What matched as piece <paramref name="index"/> of <see cref="Evidence"/>, if that was found in a transformed text; its first bytes.</summary>
    public ReadOnlySpan<byte> Kept(int index) => _kept.AsSpan(index * MaxKept, Math.Min(_evidence[index].Length, MaxKept));

    /// <summary>How often an evaluation was given up at a limit (steps, or the expression engine's own). Only grows: the owner watches the difference.</summary>
    public long LimitsReached { get; internal set; }

    /// <summary>What expressions of the signature evaluated last have captured.</summary>
    public ReadOnlySpan<VariableCapture> Captures => _captures.AsSpan(0, _captureCount);

    /// <summary>The bytes of one of them.</summary>
    public ReadOnlySpan<byte> Text(in VariableCapture capture) => _captured.AsSpan(capture.Start, capture.Length);

    internal int CaptureMark => _captureCount;

    internal void RewindCaptures(int mark) => _captureCount = mark;

    internal void Captured(VariableScope scope, int name, ReadOnlySpan<byte> text)
    {
        if (_captureCount == MaxCaptures) return;
        text = text[..Math.Min(text.Length, MaxCaptured)];
        text.CopyTo(_captured.AsSpan(_captureCount * MaxCaptured));
        _captures[_captureCount] = new(scope, name, _captureCount * MaxCaptured, text.Length);
        _captureCount++;
    }

    internal long[] Variables { get; } = new long[MaxVariables];
    internal int StepsLeft { get; set; }
    internal byte[] Decoded { get; } = new byte[64 * 1024];

    /// <summary>Makes the context fit a rule set. Call it when the rule set changes.</summary>
    public void Prepare(RuleSet rules) => Candidates.Reset(rules.Signatures.Count);

    internal void Begin()
    {
        _evidenceCount = _captureCount = 0;
        StepsLeft = MaxSteps;
    }

    internal int EvidenceMark => _evidenceCount;

    /// <summary>Forgets what was found down a path that led nowhere.</summary>
    internal void RewindEvidence(int mark) => _evidenceCount = mark;

    internal void Found(BufferId buffer, int instance, bool transformed, int offset, ReadOnlySpan<byte> matched)
    {
        if (_evidenceCount == MaxEvidence) return;
        if (transformed) matched[..Math.Min(matched.Length, MaxKept)].CopyTo(_kept.AsSpan(_evidenceCount * MaxKept));
        _evidence[_evidenceCount++] = new(buffer, instance, transformed, offset, matched.Length);
    }

    /// <returns>False when the evaluation has used up its steps.</returns>
    internal bool Spend(int steps)
    {
        if (StepsLeft < 0) return false;
        StepsLeft -= steps;
        if (StepsLeft >= 0) return true;
        LimitsReached++;
        return false;
    }

    /// <summary>Runs the transformations one after another, between two scratch arrays that only ever grow.</summary>
    internal ReadOnlySpan<byte> Transform(ReadOnlySpan<byte> bytes, Transforms.Transform[] transforms)
    {
        if (bytes.Length > MaxTransformedBytes) bytes = bytes[..MaxTransformedBytes];
        foreach (var transform in transforms)
        {
            var room = transform.MaxOutput(bytes.Length);
            if (_transforming.Length < room) _transforming = new byte[Math.Max(room, 4096)];
            var length = transform.Apply(bytes, _transforming);
            (_transformed, _transforming) = (_transforming, _transformed);
            bytes = _transformed.AsSpan(0, length);
        }
        return bytes;
    }
}
