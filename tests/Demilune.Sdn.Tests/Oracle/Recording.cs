namespace Demilune.Sdn.Tests.Oracle;

/// <summary>What the real one answered: Recorded/NAME.txt, "> request" and "&lt; answer".</summary>
internal static class Recording
{
    public static IReadOnlyList<Exchange> Read(string file)
    {
        var exchanges = new List<Exchange>();
        foreach (var line in File.ReadLines(file))
            if (line.StartsWith("> ", StringComparison.Ordinal)) exchanges.Add(new(line[2..], new List<string>()));
            else if (line.StartsWith("< ", StringComparison.Ordinal)) ((List<string>)exchanges[^1].Answers).Add(line[2..]);
        return exchanges;
    }

    public static void Write(string file, IEnumerable<Exchange> exchanges) =>
        File.WriteAllLines(file, exchanges.SelectMany(exchange => exchange.Answers.Select(answer => "< " + answer).Prepend("> " + exchange.Request)));
}
