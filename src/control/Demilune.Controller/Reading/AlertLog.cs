using System.Globalization;
using System.Text.Json;
using Demilune.Console.Reading;

namespace Demilune.Controller.Reading;

/// <summary>The newest alerts, read once when they come so that asking for a page of them costs little, and how many there were each minute.</summary>
/// <param name="maxItems">Alerts kept.</param>
/// <param name="maxBytes">Their records' UTF-16 code units, times two.</param>
internal sealed class AlertLog(int maxItems, long maxBytes, TimeProvider time)
{
    /// <summary>The overview shows this many minutes.</summary>
    private const int Minutes = 180;

    private readonly Lock _gate = new();
    private readonly Queue<(AlertView Summary, string Line)> _alerts = new();
    private readonly Dictionary<string, string> _words = new(StringComparer.Ordinal);
    private readonly MinuteView?[] _history = new MinuteView?[Minutes];
    private long _bytes;
    private long _total;
    private long _blocked;

    /// <summary>Takes the record if it is an alert that can be read.</summary>
    /// <param name="line">A JSON object, already known to be one.</param>
    public void Take(string line)
    {
        if (!line.Contains("\"alert\"", StringComparison.Ordinal)) return;
        using var document = JsonDocument.Parse(line);
        var record = document.RootElement;
        if (Text(record, "event_type") != "alert" || !record.TryGetProperty("alert", out var alert) || alert.ValueKind != JsonValueKind.Object) return;
        lock (_gate)
        {
            var summary = Read(record, alert, _total + 1);
            _total++;
            if (summary.Blocked) _blocked++;
            Count(summary.Blocked);
            _alerts.Enqueue((summary, line));
            _bytes += line.Length * 2L;
            while (_alerts.Count > maxItems || _bytes > maxBytes) _bytes -= _alerts.Dequeue().Line.Length * 2L;
        }
    }

    public (long Total, long Blocked) Totals
    {
        get
        {
            lock (_gate) return (_total, _blocked);
        }
    }

    /// <summary>A point for each minute, also for those in which nothing happened.</summary>
    public IReadOnlyList<MinuteView> History()
    {
        var now = Minute(time.GetUtcNow());
        lock (_gate)
            return [.. Enumerable.Range(0, Minutes).Select(back => now.AddMinutes(back + 1 - Minutes))
                .Select(minute => _history[Slot(minute)] is { } point && point.Minute == minute ? point : new MinuteView(minute, 0, 0))];
    }

    public Page<AlertView> Find(AlertFilter filter, int skip, int take)
    {
        (AlertView Summary, string Line)[] all;
        lock (_gate) all = [.. _alerts];
        var found = new List<AlertView>();
        var total = 0;
        for (var i = all.Length - 1; i >= 0; i--)
        {
            if (!Matches(all[i].Summary, filter)) continue;
            if (total++ >= skip && found.Count < take) found.Add(all[i].Summary);
        }
        return new(found, total);
    }

    public AlertRecord? Find(long number)
    {
        (AlertView Summary, string Line) found;
        lock (_gate)
        {
            var index = number - (_total - _alerts.Count) - 1;
            if (index < 0 || index >= _alerts.Count) return null;
            found = _alerts.ElementAt((int)index);
        }
        using var document = JsonDocument.Parse(found.Line);
        var evidence = new List<EvidenceView>();
        if (document.RootElement.TryGetProperty("evidence", out var list) && list.ValueKind == JsonValueKind.Array)
            foreach (var item in list.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.Object))
                evidence.Add(new(Text(item, "buffer"), Text(item, "printable"), Text(item, "bytes")));
        return new(found.Summary, found.Line, evidence);
    }

    private static bool Matches(AlertView alert, AlertFilter filter)
    {
        if (filter.Blocked is { } blocked && alert.Blocked != blocked) return false;
        if (filter.Severity is { } severity && alert.Severity != severity) return false;
        if (!string.IsNullOrEmpty(filter.Policy) && alert.Policy != filter.Policy) return false;
        if (!string.IsNullOrEmpty(filter.Pod) && alert.SourcePod != filter.Pod && alert.DestinationPod != filter.Pod) return false;
        if (string.IsNullOrEmpty(filter.Text)) return true;
        return Has(alert.Signature) || Has(alert.SourcePod) || Has(alert.DestinationPod) || Has(alert.Source) || Has(alert.Destination)
            || alert.SignatureId.ToString(CultureInfo.InvariantCulture) == filter.Text;

        bool Has(string text) => text.Contains(filter.Text, StringComparison.OrdinalIgnoreCase);
    }

    private AlertView Read(JsonElement record, JsonElement alert, long number)
    {
        var at = DateTimeOffset.TryParse(Text(record, "timestamp"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var said) ? said : time.GetUtcNow();
        var kubernetes = record.TryGetProperty("kubernetes", out var cluster) ? cluster : default;
        return new(
            number, at, Text(alert, "action") == "blocked", (int)Number(alert, "severity"), Number(alert, "signature_id"), Once(Text(alert, "signature")),
            Once(Text(alert, "category")), Once(Text(kubernetes, "policy")), Once(Text(record, "app_proto")), End("src"), Pod(kubernetes, "source"), End("dest"),
            Pod(kubernetes, "destination"));

        string End(string side)
        {
            var (address, port) = (Text(record, side + "_ip"), Number(record, side + "_port"));
            return port == 0 ? address : address.Contains(':', StringComparison.Ordinal) ? $"[{address}]:{port}" : $"{address}:{port}";
        }

        string Pod(JsonElement parent, string side) =>
            parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(side, out var end) && Text(end, "pod") is { Length: > 0 } pod
                ? Once($"{Text(end, "namespace")}/{pod}") : "";
    }

    /// <summary>A hundred thousand alerts share some hundred names. Who makes up new ones for ever gets them unshared.</summary>
    private string Once(string word)
    {
        if (_words.TryGetValue(word, out var known)) return known;
        if (_words.Count < 10_000) _words[word] = word;
        return word;
    }

    private void Count(bool blocked)
    {
        // By our own clock: a firewall's may be wrong, and a capture's is of another year.
        var minute = Minute(time.GetUtcNow());
        var point = _history[Slot(minute)] is { } known && known.Minute == minute ? known : new(minute, 0, 0);
        _history[Slot(minute)] = blocked ? point with { Blocked = point.Blocked + 1 } : point with { Allowed = point.Allowed + 1 };
    }

    private static DateTimeOffset Minute(DateTimeOffset at) => new(at.UtcTicks - at.UtcTicks % TimeSpan.TicksPerMinute, TimeSpan.Zero);

    private static int Slot(DateTimeOffset minute) => (int)(minute.UtcTicks / TimeSpan.TicksPerMinute % Minutes);

    private static string Text(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private static long Number(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : 0;
}
