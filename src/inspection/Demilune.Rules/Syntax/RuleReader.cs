namespace Demilune.Rules.Syntax;

/// <summary>Takes rule text apart. Knows quotes, escapes, comments and continued lines, but no keyword.</summary>
/// <remarks>
/// A rule starts on its own line and ends with its closing parenthesis; a backslash before the line's end continues it. A line whose first
/// character is # is a comment. Whatever is wrong with one rule, reading goes on at the next line.
/// </remarks>
public sealed class RuleReader(string text)
{
    /// <summary>A rule longer than this is a mistake (a missing quote that swallowed the file); ET Open's longest has 5,900 characters.</summary>
    public const int MaxRuleLength = 64 * 1024;

    /// <summary>Options of one rule; ET Open's longest has 120.</summary>
    public const int MaxOptions = 1024;

    private int _position;
    private int _end;

    /// <summary>Reads the next rule or the next fault. False at the end of the text.</summary>
    /// <param name="sid">The rule's sid as far as it could be read, for the error message.</param>
    public bool TryRead(out RuleSyntax? rule, out SyntaxFault? fault, out uint sid)
    {
        rule = null;
        fault = null;
        sid = 0;
        if (!SkipToRule()) return false;
        var next = FindEnd();
        _end = next;
        fault = next - _position > MaxRuleLength
            ? new(_position, $"This rule has more than {MaxRuleLength} characters. Is a quote or a closing parenthesis missing?")
            : ReadRule(out rule, out sid);
        if (fault is not null) rule = null;
        _position = Math.Max(next, _position + 1);
        return true;
    }

    private bool SkipToRule()
    {
        while (_position < text.Length)
        {
            if (text[_position] == '#')
            {
                var newline = text.IndexOf('\n', _position);
                _position = newline < 0 ? text.Length : newline + 1;
            }
            else if (char.IsWhiteSpace(text[_position]) || text[_position] == '\uFEFF') _position++;
            else return true;
        }
        return false;
    }

    /// <summary>The rule's line with its continuations.</summary>
    private int FindEnd()
    {
        for (var at = _position; ;)
        {
            var newline = text.IndexOf('\n', at);
            if (newline < 0) return text.Length;
            var last = newline - 1;
            while (last > at && text[last] is '\r' or ' ' or '\t') last--;
            if (last < at || text[last] != '\\') return newline;
            at = newline + 1;
        }
    }

    private SyntaxFault? ReadRule(out RuleSyntax? rule, out uint sid)
    {
        rule = null;
        sid = 0;
        var start = _position;
        Span<Word> words = new Word[7];
        string[] expected = ["an action", "a protocol", "a source address", "source ports", "a direction (-> or <>)", "a destination address", "destination ports"];
        for (var i = 0; i < words.Length; i++)
        {
            if (ReadWord(out words[i]) is { } fault) return fault;
            if (words[i].Text.Length == 0)
                return new(Math.Min(_position, _end), $"Expected {expected[i]}. A rule reads: action protocol source ports -> destination ports (options)");
        }
        SkipBlank();
        if (_position >= _end || text[_position] != '(') return new(Math.Min(_position, _end), "Expected ( and the options after the header.");
        _position++;
        var options = new List<OptionSyntax>();
        SyntaxFault? optionFault = null;
        while (true)
        {
            SkipBlank();
            if (_position >= _end) return optionFault ?? new(Math.Max(start, _end - 1), "Expected ) at the end of the rule.");
            if (text[_position] == ')') break;
            optionFault = ReadOption(out var option);
            if (optionFault is not null) return optionFault;
            if (option!.Name is "sid" && uint.TryParse(option.Value, out var number)) sid = number;
            options.Add(option);
            if (options.Count > MaxOptions) return option.NameFault($"A rule may have at most {MaxOptions} options.");
        }
        _position++;
        var end = _position;
        SkipBlank();
        if (_position < _end && text[_position] != '#') return new(_position, "Nothing but a comment may follow the closing parenthesis.");
        rule = new(start, end, words[0], words[1], words[2], words[3], words[4], words[5], words[6], options);
        return null;
    }

    /// <summary>A header word. Blanks inside brackets belong to it.</summary>
    private SyntaxFault? ReadWord(out Word word)
    {
        SkipBlank();
        var start = _position;
        var depth = 0;
        for (; _position < _end; _position++)
        {
            var c = text[_position];
            if (c == '[') depth++;
            else if (c == ']') depth--;
            else if (depth <= 0 && (char.IsWhiteSpace(c) || c == '(')) break;
        }
        word = new(text[start.._position], start);
        return depth > 0 ? new(start, "This list has no closing bracket.") : null;
    }

    private SyntaxFault? ReadOption(out OptionSyntax? option)
    {
        option = null;
        var nameStart = _position;
        while (_position < _end && (char.IsAsciiLetterOrDigit(text[_position]) || text[_position] is '_' or '.' or '-')) _position++;
        if (_position == nameStart) return new(_position, $"Expected a keyword, found '{text[_position]}'.");
        var name = text[nameStart.._position];
        SkipBlank();
        if (_position >= _end) return new(nameStart, $"Expected ; after '{name}'.");
        if (text[_position] == ';')
        {
            option = new(name, null, nameStart, _position);
            _position++;
            return null;
        }
        if (text[_position] != ':') return new(_position, $"Expected ; or : after '{name}', found '{text[_position]}'.");
        _position++;
        SkipBlank();
        var valueStart = _position;
        if (!SkipValue()) return new(valueStart, $"The value of '{name}' has no end: expected ; (a semicolon inside a value is written \\;).");
        var valueEnd = _position++;
        while (valueEnd > valueStart && char.IsWhiteSpace(text[valueEnd - 1])) valueEnd--;
        option = new(name, Unfold(text[valueStart..valueEnd]), nameStart, valueStart);
        return null;
    }

    /// <summary>To the semicolon that ends the value. As Suricata: only a backslash hides a semicolon, quotes do not.</summary>
    private bool SkipValue()
    {
        for (; _position < _end; _position++)
        {
            if (text[_position] == '\\') _position++;
            else if (text[_position] == ';') return true;
        }
        return false;
    }

    private void SkipBlank()
    {
        while (_position < _end && (char.IsWhiteSpace(text[_position]) || IsContinuation(_position))) _position++;
    }

    private bool IsContinuation(int position)
    {
        if (text[position] != '\\') return false;
        do position++;
        while (position < _end && text[position] is '\r' or ' ' or '\t');
        return position < _end && text[position] == '\n';
    }

    /// <summary>Takes continued lines out of a value.</summary>
    private static string Unfold(string value) => value.Contains('\n', StringComparison.Ordinal)
        ? System.Text.RegularExpressions.Regex.Replace(value, @"\\[ \t\r]*\n[ \t]*", "")
        : value;
}
