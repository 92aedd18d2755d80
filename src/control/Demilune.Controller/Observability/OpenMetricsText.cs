using System.Globalization;
using System.Text;

namespace Demilune.Controller.Observability;

/// <summary>Samples as OpenMetrics 1.0 text, or, for who does not ask for that, as Prometheus' older one.</summary>
internal sealed class OpenMetricsText(bool openMetrics)
{
    private readonly StringBuilder _text = new();

    public string ContentType => openMetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8" : "text/plain; version=0.0.4; charset=utf-8";

    /// <param name="name">With unit, without <c>_total</c>.</param>
    public void Counter(string name, string help, params IEnumerable<Sample> samples)
    {
        Head(openMetrics ? name : name + "_total", "counter", help);
        foreach (var sample in samples) Line(name + "_total", sample);
    }

    public void Gauge(string name, string help, params IEnumerable<Sample> samples)
    {
        Head(name, "gauge", help);
        foreach (var sample in samples) Line(name, sample);
    }

    /// <param name="samples">Only cumulative counts: as many as the histogram has bounds, and its count and sum.</param>
    public void Histogram(string name, string help, params IEnumerable<(IReadOnlyList<(string, string)> Labels, Histogram Values)> samples)
    {
        Head(name, "histogram", help);
        foreach (var (labels, values) in samples)
        {
            for (var i = 0; i < Observability.Histogram.Bounds.Length; i++)
                Line(name + "_bucket", new(values.Cumulative(i), [.. labels, ("le", Number(Observability.Histogram.Bounds[i]))]));
            Line(name + "_bucket", new(values.Count, [.. labels, ("le", "+Inf")]));
            Line(name + "_sum", new(values.Sum, labels));
            Line(name + "_count", new(values.Count, labels));
        }
    }

    public override string ToString() => openMetrics ? _text + "# EOF\n" : _text.ToString();

    private void Head(string name, string type, string help) => _text.Append(CultureInfo.InvariantCulture, $"# TYPE {name} {type}\n# HELP {name} {help}\n");

    private void Line(string name, Sample sample)
    {
        _text.Append(name);
        for (var i = 0; i < sample.Labels.Count; i++)
            _text.Append(i == 0 ? '{' : ',').Append(sample.Labels[i].Name).Append("=\"").Append(Escape(sample.Labels[i].Value)).Append('"');
        _text.Append(sample.Labels.Count > 0 ? "} " : " ").Append(Number(sample.Value)).Append('\n');
    }

    private static string Number(double value) => value.ToString("0.#########", CultureInfo.InvariantCulture);

    private static string Escape(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}

/// <summary>One value with its labels.</summary>
internal readonly record struct Sample(double Value, IReadOnlyList<(string Name, string Value)> Labels)
{
    public static implicit operator Sample(double value) => new(value, []);
}
