using Demilune.Rules.Buffers;
using Demilune.Rules.Classifications;
using Demilune.Rules.Compile;
using Demilune.Rules.Headers;
using Demilune.Rules.Matching;
using Demilune.Rules.State;
using Demilune.Rules.Syntax;
using Demilune.Rules.Transforms;

namespace Demilune.Rules.Keywords;

/// <summary>A signature while its options are read one by one. Keywords write here; <see cref="SignatureAssembly"/> makes the signature.</summary>
internal sealed class SignatureBuilder(RuleSetOptions options, StateNames names, string source, ProtocolMatch protocol)
{
    public RuleSetOptions Options { get; } = options;
    public StateNames Names { get; } = names;

    /// <summary>Of the header.</summary>
    public ProtocolMatch Protocol { get; } = protocol;

    /// <summary>The file it stands in.</summary>
    public string Source { get; } = source;

    public uint Sid { get; set; }
    public uint Gid { get; set; } = 1;
    public uint Rev { get; set; }
    public string Message { get; set; } = "";
    public Classification? Class { get; set; }
    public int? Priority { get; set; }
    public List<RuleReference> References { get; } = [];
    public List<KeyValuePair<string, string>> Metadata { get; } = [];
    public string? Target { get; set; }
    public bool NoAlert { get; set; }
    public bool AlertsOnPass { get; set; }
    public bool Bypass { get; set; }
    public bool MutesRecords { get; set; }

    /// <summary><c>tls.store</c></summary>
    public bool StoresCertificates { get; set; }
    public RuleThreshold? Threshold { get; set; }

    /// <summary>What <c>filestore</c> said; null without it.</summary>
    public FileStorage? FileStorage { get; set; }
    public List<FlowbitOperation> Flowbits { get; } = [];
    public RuleTag? Tag { get; set; }
    public List<StateOperation> State { get; } = [];
    public List<PacketCondition> PacketConditions { get; } = [];

    /// <summary>What <c>flow</c> said; null without it.</summary>
    public FlowDirections? Direction { get; set; }
    public bool OnlyStream { get; set; }
    public bool NoStream { get; set; }
    public bool RequiresPacket { get; set; }

    /// <summary>It has a condition on checksums.</summary>
    public bool AsksChecksums { get; set; }

    public List<TestDraft> Tests { get; } = [];

    /// <summary>What <c>base64_data</c> looks for, once it has been put where it belongs.</summary>
    public TestDraft? Base64Data { get; set; }

    /// <summary>How an option was understood that could be meant in another way.</summary>
    public List<string> Notes { get; } = [];

    /// <summary>What the rule's author should know although the rule loads.</summary>
    public List<SyntaxFault> Remarks { get; } = [];

    /// <summary>The content that modifiers speak of: the last one.</summary>
    public ContentDraft? LastContent { get; private set; }

    /// <summary>Names of <c>byte_extract</c> and <c>byte_math</c>, by slot.</summary>
    public List<string> Variables { get; } = [];

    /// <summary>The sticky buffer in force, or null for payload.</summary>
    public BufferInfo? Sticky { get; private set; }
    private List<Transform> _transforms = [];
    private TestDraft? _current;
    private TestDraft? _moved;
    private bool _isUsed;

    /// <summary>A buffer that was named, and nothing is looked for in it; null: there is none.</summary>
    public BufferInfo? Unused { get; private set; }

    /// <summary>Nothing more is said about the buffer in force.</summary>
    public void Leave()
    {
        if (Sticky is { Id: not BufferId.Frame } left && !_isUsed) Unused ??= left;
        _isUsed = false;
    }

    public void Stick(BufferInfo? buffer)
    {
        Leave();
        Sticky = buffer;
        _transforms = [];
        _current = null;
        LastContent = null;
        _moved = null;
    }

    /// <returns>False when there is no sticky buffer to transform, or when contents have looked at what earlier transformations made of it.</returns>
    public bool TryTransform(Transform transform)
    {
        if (Sticky is null || (_current is not null && _transforms.Count > 0)) return false;
        if (_current is not null) (_transforms, _current, LastContent) = ([], null, null);
        _transforms.Add(transform);
        return true;
    }

    /// <summary>Adds a step to the buffer in force.</summary>
    public void Add(StepDraft step)
    {
        if (Sticky is null && _moved is not null && (step is Base64Draft or FixedDraft { Step.IsRelative: true }))
        {
            // What is relative speaks of the match before it, wherever an older keyword has moved that.
            _moved.Steps.Add(step);
            return;
        }
        if (step is ContentDraft) _moved = null;
        _isUsed = true;
        _current ??= Find(Sticky?.Id ?? BufferId.Stream, _transforms, step.Position);
        _current.Steps.Add(step);
        if (step is ContentDraft content) LastContent = content;
    }

    /// <summary>Adds a step to a buffer by name of an older keyword (<c>urilen</c>, <c>pcre</c>'s flags).</summary>
    public void AddTo(BufferId buffer, StepDraft step) => Find(buffer, [], step.Position).Steps.Add(step);

    /// <summary>Moves the last content into another buffer: what <c>http_uri</c> and its kind did before buffers were sticky.</summary>
    public void MoveLastContent(BufferId buffer)
    {
        foreach (var test in Tests) test.Steps.Remove(LastContent!);
        Tests.RemoveAll(test => test.Steps.Count == 0);
        _current = null;
        _moved = Find(buffer, [], LastContent!.Position);
        _moved.Steps.Add(LastContent);
    }

    /// <summary>
    /// The test for a buffer: naming a buffer again goes on with the same test, except where there are many instances, each of which a new
    /// naming may choose anew.
    /// </summary>
    private TestDraft Find(BufferId buffer, List<Transform> transforms, int position)
    {
        var test = BufferCatalog.Get(buffer).IsMultiple && buffer != BufferId.FileData
            ? null
            : Tests.Find(test => test.Buffer == buffer && test.Transforms.SequenceEqual(transforms));
        if (test is null) Tests.Add(test = new(buffer, [.. transforms], position));
        return test;
    }
}

/// <summary>A <see cref="BufferTest"/> while it grows.</summary>
internal sealed record TestDraft(BufferId Buffer, Transform[] Transforms, int Position)
{
    public List<StepDraft> Steps { get; } = [];
}
