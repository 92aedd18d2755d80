namespace Demilune.Rules.Syntax;

/// <summary>A source with its line starts, so that a position becomes line and column without counting from the top each time.</summary>
public sealed class SourceText
{
    private readonly int[] _lineStarts;

    public SourceText(RuleSource source)
    {
        Source = source;
        var starts = new List<int> { 0 };
        for (var i = 0; i < source.Text.Length; i++)
            if (source.Text[i] == '\n') starts.Add(i + 1);
        _lineStarts = [.. starts];
    }

    public RuleSource Source { get; }

    /// <returns>Both from 1.</returns>
    public (int Line, int Column) Locate(int position)
    {
        var index = Array.BinarySearch(_lineStarts, position);
        if (index < 0) index = ~index - 1;
        return (index + 1, position - _lineStarts[index] + 1);
    }

    public RuleError Error(SyntaxFault fault, uint sid)
    {
        var (line, column) = Locate(fault.Position);
        var end = Source.Text.IndexOf('\n', _lineStarts[line - 1]);
        return new(Source.Name, line, column, fault.Message, sid) { Topic = fault.Topic, Text = Source.Text[_lineStarts[line - 1]..(end < 0 ? Source.Text.Length : end)].TrimEnd('\r') };
    }
}
