namespace Demilune.Rules.Syntax;

/// <summary>One element of an address or port list.</summary>
public readonly record struct ListItem(string Text, int Position, bool IsNegated);

/// <summary>Flattens <c>[a,![b,c],$VAR]</c> into items, following variables.</summary>
public static class ListReader
{
    /// <summary>Brackets and variables in each other; real rule files use three.</summary>
    private const int MaxDepth = 16;

    /// <summary>Items of one list, variables followed. ET Open's longest has some hundreds.</summary>
    private const int MaxItems = 16 * 1024;

    /// <param name="word">As it stands in the rule.</param>
    /// <param name="variables">Values of <c>$NAME</c>.</param>
    /// <param name="items">Where a variable was followed, the position is that of the variable in the rule.</param>
    public static SyntaxFault? TryFlatten(Word word, IReadOnlyDictionary<string, string> variables, List<ListItem> items) =>
        Flatten(word.Text, word.Position, fixedPosition: false, isNegated: false, 0, variables, items);

    private static SyntaxFault? Flatten(
        string text, int position, bool fixedPosition, bool isNegated, int depth, IReadOnlyDictionary<string, string> variables, List<ListItem> items)
    {
        if (depth > MaxDepth) return new(position, $"Lists and variables are nested deeper than {MaxDepth}; does a variable name itself?");
        if (items.Count > MaxItems) return new(position, $"This list has more than {MaxItems} items.");
        var start = 0;
        while (start < text.Length && (char.IsWhiteSpace(text[start]) || text[start] == '!'))
        {
            if (text[start] == '!') isNegated = !isNegated;
            start++;
        }
        var end = text.Length;
        while (end > start && char.IsWhiteSpace(text[end - 1])) end--;
        var at = fixedPosition ? position : position + start;
        if (start == end) return new(at, "Something is missing in this list.");
        var inner = text[start..end];
        if (inner[0] == '$')
        {
            if (!variables.TryGetValue(inner[1..], out var value))
                return new(at, $"The variable {inner} is not defined{(variables.Count > 0 ? "; known are, among others, $HOME_NET, $EXTERNAL_NET, $HTTP_SERVERS and $HTTP_PORTS" : "")}.");
            return Flatten(value, at, fixedPosition: true, isNegated, depth + 1, variables, items);
        }
        if (inner[0] != '[')
        {
            items.Add(new(inner, at, isNegated));
            return null;
        }
        if (inner[^1] != ']') return new(at, "This list has no closing bracket.");
        var nesting = 0;
        for (int i = 1, from = 1; i < inner.Length; i++)
        {
            if (inner[i] == '[') nesting++;
            else if (inner[i] == ']' && i < inner.Length - 1) nesting--;
            if (nesting != 0 || inner[i] != ',' && i != inner.Length - 1) continue;
            if (Flatten(inner[from..i], fixedPosition ? position : at + from, fixedPosition, isNegated, depth + 1, variables, items) is { } fault) return fault;
            from = i + 1;
        }
        return nesting == 0 ? null : new(at, "Brackets do not match in this list.");
    }
}
